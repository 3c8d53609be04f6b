//! Slices whose every text is hostile: for the laws, and for the tools that read generated files.

use vso::scaffold::{FileTree, Settings, Templates, generate};
use vso::slicing::{self, Registry, Slicing};
use vso::spec::document::Document;
use vso::spec::read;

/// The example specification.
pub const EXAMPLE: &str = include_str!("../../templates/demo/master-spec.md");

/// Pieces with which text could become something else.
pub const SHARDS: &[&str] = &[
    "{{ 7*7 }}",
    "{% raw %}",
    "{#",
    "${var.hcloud_token}",
    "$${x}",
    "%{ if true }",
    "$(reboot)",
    "`id`",
    "\"\"\"",
    "'''",
    "\\",
    "\"",
    "'",
    "\n",
    "\r\n",
    "\n- ",
    "\n# ",
    "</script>",
    "<!--",
    "\u{0}",
    "\u{202e}",
    "\u{2028}",
    "**",
    "_",
    "[a](b)",
    "&amp;",
    "EOT\n",
    "UNIT\n",
    "é",
    "数",
    "plain words",
    " ",
];

/// The slices of a specification.
pub fn slicing_of(master: &str) -> Slicing {
    let document = Document::parse(master).unwrap();
    let settings = slicing::Settings { text: master, ..slicing::Settings::default() };
    slicing::plan(&read::read(&document), &Registry::default(), &settings).unwrap()
}

/// Their files.
pub fn tree_of(slicing: &Slicing) -> FileTree {
    generate(slicing, &Templates::embedded(), &Settings::default()).unwrap()
}

/// Puts a text wherever a specification's words stand in a slicing.
pub fn poisoned(mut slicing: Slicing, text: &str) -> Slicing {
    for slice in &mut slicing.slices {
        slice.name = format!("{} {text}", slice.name);
        slice.description = text.to_owned();
        slice.platform.reason = text.to_owned();
        for held in &mut slice.requirements {
            held.item.text = format!("{} {text}", held.item.text);
            held.item.category = Some(text.to_owned());
            held.item.details = vec![text.to_owned()];
        }
        for criterion in &mut slice.criteria {
            criterion.text = format!("{} {text}", criterion.text);
            criterion.id = format!("{} {text}", criterion.id);
        }
        for held in &mut slice.endpoints {
            held.item.description = text.to_owned();
            held.item.path = format!("{}/{text}", held.item.path);
            held.item.answers.iter_mut().for_each(|answer| answer.note = text.to_owned());
        }
        for held in slice.models.iter_mut().chain(&mut slice.foreign_models) {
            held.item.name = format!("{} {text}", held.item.name);
            held.item.fields.iter_mut().for_each(|field| field.note = text.to_owned());
            held.item.fields.iter_mut().take(1).for_each(|field| field.name = text.to_owned());
        }
        slice.needs.iter_mut().for_each(|need| need.why = text.to_owned());
    }
    slicing
}
