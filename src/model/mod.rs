//! A language model over an OpenAI-compatible interface. The only room that speaks to one; optional everywhere.
