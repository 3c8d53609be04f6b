//! What was found, as values and their renderings: human, JSON, SARIF, annotations, Markdown, pictures. Pure.
