//! The trace as one page that needs nothing else: `templates/page/trace.html`, where every value is escaped.

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, context};

use super::{Row, Trace};

/// Renders the page.
///
/// # Errors
/// When the built-in template can't be rendered, which a test rules out.
pub fn render(trace: &Trace) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("trace.html", include_str!("../../../templates/page/trace.html"))?;
    let (covered, gaps): (Vec<&Row>, Vec<&Row>) = trace.rows.iter().partition(|row| row.state.is_covered());
    let words = |rows: &[&Row]| -> Vec<String> { rows.iter().map(|row| row.state.word().to_owned()).collect() };
    environment.get_template("trace.html")?.render(context! {
        title => trace.title.clone(),
        version => trace.master_version.clone(),
        counts => Value::from(Serde(trace.counts)),
        sections => vec![
            context! { name => "Not covered", rows => Value::from(Serde(owned(&gaps))), words => words(&gaps) },
            context! { name => "Covered", rows => Value::from(Serde(owned(&covered))), words => words(&covered) },
        ],
        unplaced => trace.unplaced.clone(),
    })
}

fn owned(rows: &[&Row]) -> Vec<Row> {
    rows.iter().map(|row| (*row).clone()).collect()
}
