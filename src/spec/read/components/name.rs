//! Names of components: what belongs to them, and which words look like one.

use super::super::{lexicon, title};

/// Kinds of parts. As the last word of a title they say that a component follows; in front of a number or a colon too.
const KINDS: &[&str] = &[
    "slice",
    "component",
    "module",
    "service",
    "microservice",
    "subsystem",
    "server",
    "engine",
    "gateway",
    "daemon",
    "worker",
    "komponente",
    "modul",
    "dienst",
    "baustein",
    "teilsystem",
    "composant",
    "service",
    "sous-système",
    "componente",
    "módulo",
    "servicio",
    "subsistema",
];

/// Kinds written without spaces.
const UNSPACED_KINDS: &[&str] =
    &["模块", "组件", "子系统", "微服务", "服务端", "服务器", "コンポーネント", "モジュール"];

/// Kinds that head a numbered series: "Slice 3: Memory".
const SERIES: &[&str] = &[
    "slice",
    "component",
    "module",
    "service",
    "microservice",
    "subsystem",
    "bounded context",
    "komponente",
    "modul",
    "dienst",
    "baustein",
    "composant",
    "componente",
    "módulo",
    "servicio",
    "vertical slice",
    "agent",
    "crate",
    "package",
    "模块",
    "组件",
    "子系统",
];

/// Last words of names in running text.
const TYPE_NOUNS: &[&str] = &[
    "server",
    "service",
    "system",
    "framework",
    "network",
    "client",
    "gateway",
    "database",
    "engine",
    "module",
    "component",
    "platform",
    "backend",
    "frontend",
    "portal",
    "broker",
    "store",
    "storage",
    "dashboard",
    "registry",
    "scheduler",
    "worker",
    "controller",
    "proxy",
    "hub",
    "queue",
    "cache",
    "daemon",
    "orchestrator",
    "subsystem",
    "microservice",
    "bus",
    "manager",
];

/// Last words of labels that stand for data, not for a part.
const DATA_NOUNS: &[&str] = &[
    "data",
    "score",
    "flag",
    "record",
    "event",
    "message",
    "request",
    "response",
    "result",
    "file",
    "frame",
    "report",
    "status",
    "config",
    "value",
    "level",
    "anomaly",
    "trust",
    "input",
    "output",
    "token",
    "payload",
    "document",
    "image",
    "low",
    "medium",
    "high",
    "yes",
    "no",
    "success",
    "failure",
    "error",
    "ok",
    "start",
    "end",
    "done",
    "explanation",
    "metric",
    "log",
    "signal",
    "state",
    "weight",
    "threshold",
    "key",
    "id",
    "alert",
    "code",
    "true",
    "false",
    "begin",
    "finish",
    "stop",
    "exit",
    "complete",
    "completed",
    "failed",
    "pass",
    "fail",
    "batch",
    "row",
    "field",
    "vector",
    "chunk",
    "prompt",
    "answer",
    "question",
    "text",
    "list",
    "number",
    "feature",
    "label",
    "decision",
    "action",
    "step",
];

/// People, who are no parts of a system.
const PEOPLE: &[&str] = &[
    "user",
    "users",
    "end user",
    "end users",
    "customer",
    "customers",
    "admin",
    "administrator",
    "admins",
    "operator",
    "operators",
    "developer",
    "developers",
    "visitor",
    "member",
    "members",
    "manager",
    "person",
    "actor",
    "team",
    "engineer",
    "analyst",
    "owner",
    "author",
    "reviewer",
    "human",
    "用户",
    "管理员",
    "benutzer",
    "nutzer",
    "kunde",
    "anwender",
    "utilisateur",
    "usuario",
    "cliente",
    "пользователь",
    "student",
    "teacher",
    "patient",
    "doctor",
    "employee",
    "seller",
    "buyer",
    "player",
    "guest",
    "клиент",
    "администратор",
    "оператор",
    "сотрудник",
    "usuário",
    "utente",
    "ユーザー",
    "管理者",
];

/// A name without numbering, markup, the prefix of a series, a trailing "Slice" and parentheses, and the other names
/// that stood in parentheses and backticks.
#[must_use]
pub fn clean(raw: &str) -> (String, Vec<String>) {
    let mut aliases = Vec::new();
    let mut text = title::clean(raw);
    while let Some((open, close)) = parentheses(&text) {
        let inner = text[open..close].trim_matches(['(', ')', '（', '）', ' ', '`']).trim().to_owned();
        if is_alias(&inner) && open > 0 {
            aliases.push(inner);
        }
        text = if open == 0 { text[close..].to_owned() } else { text[..open].to_owned() };
    }
    let text = text.trim().trim_end_matches([':', '：', '-', '–', '—', ',', '.']).trim();
    let unprefixed = without_series(text).unwrap_or(text).trim();
    let words: Vec<&str> = unprefixed.split_whitespace().collect();
    let kept = match words.as_slice() {
        [first @ .., last] if last.eq_ignore_ascii_case("slice") && !first.is_empty() => first.join(" "),
        all => all.join(" "),
    };
    (kept, aliases)
}

/// The last pair of parentheses at the end, or one at the front.
fn parentheses(text: &str) -> Option<(usize, usize)> {
    let text = text.trim_end();
    if text.ends_with([')', '）']) {
        return text.rfind(['(', '（']).map(|open| (open, text.len()));
    }
    if text.starts_with(['(', '（']) {
        let close = text.find([')', '）'])?;
        return Some((0, close + text[close..].chars().next().map_or(1, char::len_utf8)));
    }
    None
}

/// An abbreviation or a name from code.
fn is_alias(text: &str) -> bool {
    let letters = text.chars().count();
    let one_word = !text.contains(char::is_whitespace) && letters >= 2;
    let upper = text.chars().filter(|letter| letter.is_uppercase()).count();
    one_word
        && letters <= 48
        && ((upper >= 2 && letters <= 10)
            || text.contains(['_', '-', '/', '.'])
            || text.chars().skip(1).any(char::is_uppercase))
}

/// "Slice 3: Memory" without its prefix; none when it has no such prefix.
#[must_use]
pub fn without_series(text: &str) -> Option<&str> {
    let lower = text.to_lowercase();
    let kind = SERIES.iter().filter(|kind| lower.starts_with(**kind)).max_by_key(|kind| kind.len())?;
    let rest = text.get(kind.len()..)?;
    let (number, after) = series_number(rest.trim_start());
    let named = after.trim_start().strip_prefix([':', '：', '-', '–', '—', '.']).map(str::trim_start);
    let gap = rest.starts_with(char::is_whitespace) || rest.starts_with([':', '：']) || !kind.is_ascii();
    match named {
        Some(name) if !name.is_empty() && gap => Some(name),
        None if number && gap && after.starts_with(char::is_whitespace) && !after.trim().is_empty() => {
            Some(after.trim())
        }
        _ => None,
    }
}

/// A number or a letter, and what follows it.
fn series_number(text: &str) -> (bool, &str) {
    let digits = text.len() - text.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '#').len();
    if digits > 0 {
        return (true, &text[digits..]);
    }
    let mut letters = text.chars();
    let first = letters.next().filter(char::is_ascii_uppercase);
    let alone = letters.next().is_none_or(|next| !next.is_alphanumeric());
    if first.is_some() && alone { (true, &text[1..]) } else { (false, text) }
}

/// Whether a title names a part by its last word: "Payment Service", "数据源模块".
#[must_use]
pub fn ends_with_kind(name: &str) -> bool {
    let key = lexicon::key(name);
    let words: Vec<&str> = key.split(' ').collect();
    let last = words.last().copied().unwrap_or_default();
    let unspaced =
        UNSPACED_KINDS.iter().any(|kind| name.ends_with(kind) && name.chars().count() > kind.chars().count());
    let capitals = name.split_whitespace().filter(|word| word.starts_with(char::is_lowercase)).count() == 0;
    unspaced || (words.len() > 1 && words.len() <= 5 && KINDS.contains(&last) && capitals)
}

/// Kinds of parts that count as such only in a heading about how the system is built: "Trading Agent".
const ROLES: &[&str] = &[
    "agent",
    "client",
    "manager",
    "scheduler",
    "bot",
    "app",
    "api",
    "ui",
    "frontend",
    "backend",
    "database",
    "broker",
    "proxy",
    "orchestrator",
    "controller",
    "registry",
    "portal",
    "queue",
    "cache",
    "store",
    "router",
    "handler",
    "processor",
    "adapter",
    "runtime",
    "dashboard",
    "storage",
];

/// Whether a title ends in a word that names a part where an architecture is described.
#[must_use]
pub fn ends_with_role(name: &str) -> bool {
    let key = lexicon::key(name);
    let words: Vec<&str> = key.split(' ').collect();
    let capitals = name.split_whitespace().all(|word| !word.starts_with(char::is_lowercase));
    (2..=4).contains(&words.len()) && capitals && words.last().is_some_and(|last| ROLES.contains(last))
}

/// The name from code that a title is, or that stands in parentheses at its end: `AuthService`, `auth-service`.
#[must_use]
pub fn coded(title: &str) -> Option<&str> {
    let word = title.trim();
    let word = match word.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')) {
        Some((_, inner)) => inner,
        None => word,
    };
    let word = word.trim_matches(['`', '*', ' ']);
    if word.chars().any(|letter| !(letter.is_alphanumeric() || matches!(letter, '-' | '_'))) {
        return None;
    }
    let compound = match word.rsplit_once(['-', '_']) {
        Some((front, last)) => (!front.is_empty()).then_some(last),
        None => word.rfind(char::is_uppercase).filter(|at| *at > 0).map(|at| &word[at..]),
    }?;
    let last = compound.to_lowercase();
    (KINDS.contains(&last.as_str()) || last == "manager" || last == "scheduler").then_some(word)
}

/// Whether a word may end a name in running text.
#[must_use]
pub fn is_type_noun(word: &str) -> bool {
    let lower = word.to_lowercase();
    match lower.rsplit_once('-') {
        Some((_, last)) => TYPE_NOUNS.contains(&last) || matches!(last, "app" | "application"),
        None => TYPE_NOUNS.contains(&lower.as_str()),
    }
}

/// Whether a label stands for data, a value or a file.
#[must_use]
pub fn is_data(label: &str) -> bool {
    let key = lexicon::key(label);
    let last = key.rsplit(' ').next().unwrap_or_default();
    let singular = last.strip_suffix('s').unwrap_or(last);
    let is_file = label.rsplit_once('.').is_some_and(|(stem, end)| {
        !stem.is_empty()
            && (2..=5).contains(&end.len())
            && end.bytes().all(|byte| byte.is_ascii_lowercase())
            && !stem.ends_with(char::is_whitespace)
    });
    let participle = last.len() > 5 && last.ends_with("ed") && key.contains(' ');
    let symbols =
        label.chars().any(|letter| matches!(letter, '=' | '×' | 'Σ' | '∑' | '≥' | '≤' | '<' | '>' | '%' | '→'));
    is_file
        || participle
        || symbols
        || DATA_NOUNS.contains(&last)
        || DATA_NOUNS.contains(&singular)
        || last.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a label ends in a word for something that acts: "Load Balancer", "Order Service", "Job Queue".
#[must_use]
pub fn is_actor_noun(label: &str) -> bool {
    let key = lexicon::key(label);
    let last = key.rsplit(' ').next().unwrap_or_default();
    let agent = last.len() > 4
        && (last.ends_with("er") || last.ends_with("or") || last.ends_with("ier"))
        && !matches!(last, "order" | "number" | "header" | "error" | "parameter" | "folder");
    agent
        || TYPE_NOUNS.contains(&last)
        || KINDS.contains(&last)
        || matches!(last, "api" | "ui" | "db" | "layer" | "bus" | "pipeline" | "model" | "view")
}

/// Whether a name is that of people.
#[must_use]
pub fn is_person(name: &str) -> bool {
    PEOPLE.contains(&lexicon::key(name).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, name: &str, aliases: &[&str]) {
        let (found, others) = clean(raw);
        assert_eq!(
            (found.as_str(), others.iter().map(String::as_str).collect::<Vec<_>>()),
            (name, aliases.to_vec()),
            "{raw}"
        );
    }

    #[test]
    fn names_lose_what_is_not_theirs() {
        check("Slice 1: Agent Core Slice (`slice_agent_core`)", "Agent Core", &["slice_agent_core"]);
        check("### 3. Payment Service", "Payment Service", &[]);
        check("Exposure Notification Framework (ENF)", "Exposure Notification Framework", &["ENF"]);
        check("🎛️ Master Dashboard (Streamlit)", "Master Dashboard", &[]);
        check("Geo-Location Engine (Trilateration)", "Geo-Location Engine", &[]);
        check("Component A – Parser", "Parser", &[]);
        check("Service: Billing", "Billing", &[]);
        check("Module design", "Module design", &[]);
        check("模块一：数据源", "模块一：数据源", &[]);
        check("Exchangis数据源模块", "Exchangis数据源模块", &[]);
    }

    #[test]
    fn names_from_code_stand_in_headings() {
        assert_eq!(coded("gRPC API (auth-service)"), Some("auth-service"));
        assert_eq!(coded("TokenManager"), Some("TokenManager"));
        assert_eq!((coded("Service"), coded("Self-Service Portal"), coded("LoginRequest")), (None, None, None));
        assert!(ends_with_role("Trading Agent") && !ends_with_role("Agent") && !ends_with_role("Use of the app"));
    }

    #[test]
    fn labels_are_told_apart() {
        assert!(is_data("Network Data") && is_data("risk_weights.yaml") && is_data("LOW") && is_data("Score 0-100"));
        assert!(!is_data("REST API") && !is_data("Kalman Filter"));
        assert!(is_actor_noun("Heatmap Generator") && is_actor_noun("Task Queue") && !is_actor_noun("Validate order"));
        assert!(
            ends_with_kind("Payment Service")
                && ends_with_kind("数据源模块")
                && !ends_with_kind("Service")
                && !ends_with_kind("start the service")
        );
    }
}
