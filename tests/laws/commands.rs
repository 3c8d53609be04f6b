//! Commands in comments: whatever stands there, reading ends; what is shown as code or as a quote is never a command.

use proptest::prelude::*;
use vso::forge::command::{MOST, commands};

/// Words that commands and Markdown are made of, in any order.
fn soup() -> impl Strategy<Value = String> {
    let words = [
        "/vso",
        "sync",
        "resolve",
        "master",
        "--wide",
        "FR-003",
        " ",
        "\n",
        "\n\n",
        "`",
        "```",
        ">",
        "- ",
        "<!--",
        "-->",
        "<pre>",
        "</pre>",
        "<code>",
        "|",
        "---",
        "**",
        "_",
        "\\",
        "[",
        "](",
        ")",
        "#",
        "    ",
        "\t",
        "\r\n",
        "\0",
        "é",
        "$$",
        "~~~",
        "On x wrote:",
    ];
    prop::collection::vec(prop::sample::select(words.to_vec()), 0..60).prop_map(|parts| parts.concat())
}

/// Lines as people write them, without a run of backticks or tildes that could end a fence.
fn plain() -> impl Strategy<Value = String> {
    let line = prop_oneof![Just("/vso sync".to_owned()), Just("/vso resolve master".to_owned()), "[a-z /<>*_-]{0,30}"];
    prop::collection::vec(line, 1..8).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_panic(text in any::<String>(), soup in soup()) {
        prop_assert!(commands(&text).len() <= MOST + 1);
        prop_assert!(commands(&soup).len() <= MOST + 1);
    }

    #[test]
    fn text_in_code_is_no_command(text in plain()) {
        prop_assert_eq!(commands(&format!("```text\n{text}\n```\n")), vec![]);
        prop_assert_eq!(commands(&format!("~~~~\n{text}\n~~~~\n")), vec![]);
        let indented: String = text.lines().map(|line| format!("    {line}\n")).collect();
        prop_assert_eq!(commands(&indented), vec![]);
        prop_assert_eq!(commands(&format!("``{}``", text.replace('\n', " "))), vec![]);
    }

    #[test]
    fn text_in_quotes_is_no_command(text in plain()) {
        let quoted: String = text.lines().map(|line| format!("> {line}\n")).collect();
        prop_assert_eq!(commands(&quoted), vec![]);
        prop_assert_eq!(commands(&format!("On Monday, somebody wrote:\n\n{text}")), vec![]);
    }

    #[test]
    fn a_command_is_found_between_paragraphs(before in "[a-z ]{1,30}", after in "[a-z ]{1,30}") {
        prop_assert_eq!(commands(&format!("{before}\n\n/vso sync\n\n{after}\n")).len(), 1);
    }
}
