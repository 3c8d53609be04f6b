//! Names that are written as types are: in RPC signatures, as arguments of generic types, in code with a suffix of data
//! (`CreateOrderRequest`), before a word that says what they are ("the Automation struct").

use std::sync::LazyLock;

use regex::Regex;

use super::super::code::classes;
use super::super::grammar::fields::is_primitive;

static SIGNATURE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u:\b)[A-Za-z]\w*\(\s*(?:stream\s+)?([A-Z]\w+)?\s*\)\s*(?:→|->|=>|returns)\s*\(?\s*(?:stream\s+)?([A-Z]\w+)")
        .expect("a constant pattern")
});
static ARGUMENT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[<,]\s*&?([A-Z]\w+)(?:\[\])?\s*>").expect("a constant pattern"));
static CALLED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u:\b)([A-Z][A-Za-z0-9]+)`?\s+(struct|entity|record|DTO|dataclass|interface type|message type|payload|object|schema|model)(?-u:\b)")
        .expect("a constant pattern")
});

/// Names of languages and frameworks, placeholders, and things that are no data.
const FRAMEWORK: [&str; 62] = [
    "Empty",
    "HttpServletRequest",
    "HttpServletResponse",
    "BindingResult",
    "MultipartFile",
    "HttpSession",
    "JSONObject",
    "JSONArray",
    "InputStream",
    "OutputStream",
    "ModelAndView",
    "StringBuilder",
    "ResponseEntity",
    "JsonNode",
    "ObjectNode",
    "HttpEntity",
    "AtomicBool",
    "AtomicUsize",
    "HashMap",
    "BTreeMap",
    "HashSet",
    "RwLock",
    "Mutex",
    "Arc",
    "Promise",
    "Observable",
    "Result",
    "Option",
    "Vec",
    "Void",
    "Unit",
    "CancellationToken",
    "ActionResult",
    "IActionResult",
    "ReturnType",
    "PayloadType",
    "ReactNode",
    "EventEmitter",
    "AbortSignal",
    "TimeSpan",
    "HttpRequest",
    "HttpResponse",
    "NextRequest",
    "NextResponse",
    "WebSocket",
    "PathBuf",
    "AppHandle",
    "DateTime",
    "LocalDateTime",
    "LocalDate",
    "Self",
    "Buffer",
    "Uint8Array",
    "ArrayBuffer",
    "FormData",
    "BaseModel",
    "DataFrame",
    "JSONResponse",
    "StreamingResponse",
    "UploadFile",
    "BackgroundTasks",
    "HTMLElement",
];

/// Whether a name can be a type of the system's own data.
pub(super) fn is_own(name: &str) -> bool {
    name.len() <= 60
        && name.starts_with(|letter: char| letter.is_ascii_uppercase())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric())
        && name.chars().any(|letter| letter.is_ascii_lowercase())
        && !is_primitive(name)
        && !FRAMEWORK.contains(&name)
        && !classes::is_actor(name)
}

/// Whether a name is two or more words written as one.
pub(super) fn is_compound(name: &str) -> bool {
    name.chars().filter(|letter| letter.is_ascii_uppercase()).count() >= 2
}

/// Types of requests and answers in signatures: `Login(LoginRequest) → LoginResponse`.
pub(super) fn signatures(text: &str) -> Vec<&str> {
    if !text.contains('(') {
        return Vec::new();
    }
    let hits = SIGNATURE.captures_iter(text).take(50);
    hits.flat_map(|hit| [hit.get(1), hit.get(2)])
        .flatten()
        .map(|name| name.as_str())
        .filter(|name| is_own(name))
        .collect()
}

/// Types that stand as arguments of generic ones: `invoke<BrowserInfo[]>`, `HashMap<String, BrowserSession>`.
pub(super) fn arguments(text: &str) -> Vec<&str> {
    if !text.contains('<') {
        return Vec::new();
    }
    let hits = ARGUMENT.captures_iter(text).take(200).filter_map(|hit| hit.get(1)).map(|name| name.as_str());
    hits.filter(|name| is_own(name) && is_compound(name)).collect()
}

/// Names before a word that says that they are data: "JSON-encoded Automation struct".
pub(super) fn called(text: &str) -> Vec<&str> {
    const GENERAL: [&str; 30] = [
        "Data",
        "Domain",
        "Object",
        "Entity",
        "Business",
        "Language",
        "Security",
        "The",
        "This",
        "Each",
        "Every",
        "Response",
        "Request",
        "JSON",
        "Event",
        "Role",
        "Cost",
        "Machine",
        "Large",
        "Threat",
        "Pricing",
        "Permission",
        "Base",
        "Value",
        "Component",
        "Database",
        "Error",
        "Relational",
        "Access",
        "Any",
    ];
    let hits = CALLED.captures_iter(text).take(100);
    hits.filter_map(|hit| {
        let name = hit.get(1)?.as_str();
        let certain = matches!(&hit[2], "struct" | "entity" | "DTO" | "dataclass");
        (is_own(name) && !GENERAL.contains(&name) && (certain || is_compound(name))).then_some(name)
    })
    .collect()
}

/// Whether a piece of code is the name of a type by its suffix: `CreatePaymentRequest`, `OrderEvent`.
pub(super) fn is_named_as_data(code: &str) -> bool {
    const SUFFIXES: [&str; 26] = [
        "Request", "Response", "Schema", "Dto", "DTO", "Record", "Payload", "Info", "Entity", "Model", "Message",
        "Params", "Input", "Output", "Data", "Item", "Entry", "Details", "Result", "Summary", "Profile", "Snapshot",
        "Document", "Vo", "VO", "Event",
    ];
    is_own(code)
        && is_compound(code)
        && SUFFIXES.iter().any(|suffix| code.ends_with(suffix) && code.len() > suffix.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_and_generics() {
        assert_eq!(signatures("Login(LoginRequest) → LoginResponse"), ["LoginRequest", "LoginResponse"]);
        assert_eq!(signatures("Logout(LogoutRequest) -> Empty"), ["LogoutRequest"]);
        assert_eq!(
            arguments("invoke<BrowserInfo[]>(\"x\") Arc<Mutex<HashMap<String, BrowserSession>>>"),
            ["BrowserInfo", "BrowserSession"]
        );
        assert_eq!(arguments("Arc<AtomicBool> Vec<String>"), Vec::<&str>::new());
    }

    #[test]
    fn names_that_are_called_data() {
        assert_eq!(
            called("a JSON-encoded Automation struct, the Data model, a PaymentIntent object"),
            ["Automation", "PaymentIntent"]
        );
        assert!(is_named_as_data("CreatePaymentRequestSchema") && is_named_as_data("OrderEvent"));
        assert!(!is_named_as_data("OrderService") && !is_named_as_data("Response") && !is_named_as_data("HttpRequest"));
    }
}
