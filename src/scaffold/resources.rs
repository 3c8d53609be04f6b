//! What a slice on Modal needs, from the words of its specification: a GPU, a nightly run, a volume.

use serde::Serialize;

use crate::slicing::Slice;
use crate::spec::text::words;

/// GPUs that Modal offers, by the names that people write; the longer name first where one begins another.
const GPUS: &[(&str, &str)] = &[
    ("b200", "B200"),
    ("h200", "H200"),
    ("h100", "H100"),
    ("a100", "A100"),
    ("l40s", "L40S"),
    ("a10g", "A10G"),
    ("a10", "A10G"),
    ("l4", "L4"),
    ("t4", "T4"),
];

/// The smallest GPU of the current generation, where the text says no more than "GPU".
const ANY_GPU: &str = "L4";

/// What a slice on Modal needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Resources {
    /// The GPU, by Modal's name.
    pub(super) gpu: Option<&'static str>,
    /// Whether something has to be done every night.
    pub(super) nightly: bool,
    /// Whether it keeps data.
    pub(super) data: bool,
}

impl Resources {
    /// Reads a slice's description and own requirements.
    pub(super) fn of(slice: &Slice) -> Self {
        let own = slice.requirements.iter().filter(|held| !held.shared).map(|held| held.item.text.as_str());
        let texts = std::iter::once(slice.description.as_str()).chain(own);
        let words: Vec<String> = texts.flat_map(words).collect();
        let has = |word: &str| words.iter().any(|other| other == word);
        let named = GPUS.iter().find(|(name, _)| has(name)).map(|(_, gpu)| *gpu);
        let any = (has("gpu") || has("gpus") || has("cuda")).then_some(ANY_GPU);
        let nights = words.windows(2).any(|pair| pair[0] == "every" && pair[1] == "night");
        Self {
            gpu: named.or(any),
            nightly: nights || has("nightly"),
            data: !slice.models.is_empty()
                || ["store", "stores", "data", "model", "dataset", "cache"].iter().any(|word| has(word)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffold::sample;

    fn check(text: &str, gpu: Option<&str>, nightly: bool) {
        let slice = sample::slice(1, "X", vec![sample::requirement("FR-1", text)], vec![], vec![]);
        let found = Resources::of(&slice);
        assert_eq!((found.gpu, found.nightly), (gpu, nightly), "{text}");
    }

    #[test]
    fn evidence_in_words() {
        check("It trains on an A100 every night.", Some("A100"), true);
        check("A nightly GPU batch", Some("L4"), true);
        check("It lists tools.", None, false);
    }
}
