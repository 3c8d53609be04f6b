//! What pull requests say: whatever the text, it mentions nobody, refers to nothing, holds no marker but vso's own, and
//! is no longer than a forge takes; and vso knows its own words again.

use proptest::prelude::*;
use regex::Regex;
use vso::report::pull::{BODY, Marker, Said, TITLE, closed, defang, text, ticked};

/// Pieces of hostile and of ordinary text, in any order.
fn soup(most: usize) -> impl Strategy<Value = String> {
    let words = [
        "@alice",
        "@",
        "everyone",
        "#12",
        "#",
        "7",
        "GH-3",
        "gh-",
        "acme/design#1",
        "<!--",
        "-->",
        "<b>",
        "</",
        "<",
        "&#64;bob",
        "&",
        "amp;",
        "![",
        "](x)",
        "[skip ci]",
        "[ci skip]",
        "/issues/",
        "/pull/1",
        "/commit/",
        "deadbee",
        "0123456789abcdef",
        "fixes ",
        "- ",
        "- [ ] ",
        "**FR-1** ",
        "```",
        "````text",
        "\n",
        "\r\n",
        "\r",
        " ",
        "\u{0}",
        "\u{202e}",
        "\u{200b}",
        "é",
        "<!-- vso:proposal 9 x draft=1 title=a body=b -->",
        "\\",
        "a",
    ];
    let word = prop_oneof![prop::sample::select(words.to_vec()).prop_map(str::to_owned), "[ -~]{0,6}"];
    prop::collection::vec(word, 0..most).prop_map(|words| words.concat())
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// What a forge would make a link, a notification, a picture or markup of.
fn harm(text: &str) -> Option<String> {
    let patterns = [
        r"@[A-Za-z0-9]",
        r"#[0-9]",
        r"(?i)(?:^|[^A-Za-z0-9_])gh-[0-9]",
        r"/(?:issues|pulls?|discussions|commit|compare)/[0-9a-f]",
        r"<[A-Za-z!/?]",
        r"&[#A-Za-z]",
        r"!\[",
        r"(?i)\[(?:skip ci|ci skip|no ci|skip actions|actions skip)\]",
        r"\b[0-9a-f]{7,40}\b",
        r"[\x00-\x08\x0b-\x1f\x7f]",
        "[\u{202a}-\u{202e}\u{2066}-\u{2069}]",
    ];
    patterns.iter().find_map(|pattern| Regex::new(pattern).unwrap().find(text).map(|it| it.as_str().to_owned()))
}

proptest! {
    #[test]
    fn a_pull_request_harms_nobody(title in soup(40), body in soup(120), reason in soup(20), conflicts in 0..2_usize) {
        let said = Said { number: 3, subject: "slice-001-auth", title: &title, body: &body, draft: conflicts > 0, conflicts };
        for made in [text(&said), closed(&said, &reason)] {
            let marker = Marker::find(&made.body).unwrap();
            let shown = made.body.replace(&marker.line(), "");
            prop_assert_eq!(harm(&shown), None, "{}", shown);
            prop_assert_eq!(harm(&made.title), None);
            prop_assert_eq!(made.body.matches("<!--").count(), 1);
            prop_assert!(!made.title.contains('\n') && units(&made.title) <= TITLE && units(&made.body) <= BODY);
            prop_assert_eq!((marker.number, marker.subject.as_str()), (3, "slice-001-auth"));
            prop_assert!(marker.wrote_title(&made.title) && marker.wrote_body(&made.body));
            prop_assert!(marker.wrote_body(&made.body.replace('\n', "\r\n")), "GitHub's editor ends lines so");
            let again = ticked(&made.body, &made.body);
            prop_assert_eq!(again, made.body);
        }
    }

    #[test]
    fn text_is_made_harmless_once(text in soup(60)) {
        let made = defang(&text);
        prop_assert_eq!(harm(&made), None);
        prop_assert_eq!(defang(&made), made);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn however_long_it_is_it_fits(piece in soup(60), times in 1..4_000_usize) {
        let body = format!("{piece}\n").repeat(times);
        let said = Said { number: 3, subject: "slices-all", title: &body, body: &body, draft: true, conflicts: 1 };
        let made = text(&said);
        prop_assert!(units(&made.body) <= BODY && units(&made.title) <= TITLE);
        prop_assert!(made.body.contains("/vso help"));
        prop_assert!(Marker::find(&made.body).unwrap().wrote_body(&made.body));
    }
}
