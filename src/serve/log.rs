//! The server's log: what `tracing` says as one JSON object a line, credentials hidden in every value.
//!
//! Whoever starts the server says where lines go. Levels by target as in `VSO_LOG=info,vso::serve=debug`.

use std::fmt;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::Registry;

use crate::fault::Fault;
use crate::ledger::Time;
use crate::spec::lint::redact::redacted;

/// What is shown unless `VSO_LOG` says otherwise.
const LEVELS: &str = "info";

/// Writes every event as a line to a sink.
struct Lines {
    sink: fn(&str),
}

/// Sends this process's events to a sink, a line of JSON each, from now on. Once in a process; later calls change
/// nothing.
///
/// # Errors
/// When the levels can't be read (exit 2).
pub fn begin(levels: Option<&str>, sink: fn(&str)) -> Result<(), Fault> {
    let levels = levels.filter(|levels| !levels.is_empty()).unwrap_or(LEVELS);
    let filter = EnvFilter::try_new(levels).map_err(|error| {
        Fault::usage("VSO_LOG can't be read").because(&error).hint("such as `debug` or `info,vso::serve=debug`")
    })?;
    let subscriber = Registry::default().with(filter).with(Lines { sink });
    // Fails only where one is there already.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        (self.sink)(&line(event, Time::now()));
    }
}

fn line(event: &Event<'_>, now: Time) -> String {
    let mut fields = Fields(Map::new());
    fields.put("at", now.to_string().into());
    fields.put("level", event.metadata().level().as_str().to_ascii_lowercase().into());
    event.record(&mut fields);
    Value::Object(fields.0).to_string()
}

/// The values of an event, in their order.
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), redacted(value).into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field.name(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field.name(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

    #[test]
    fn a_line_is_json_without_credentials() {
        let sink = |line: &str| SEEN.lock().unwrap().push(line.to_owned());
        let subscriber = Registry::default().with(Lines { sink });
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(url = "https://me:pa55word@host/x", count = 3, ok = true, "it's \"so\"\nagain");
        });
        let lines = SEEN.lock().unwrap();
        let line: Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!((&line["level"], &line["count"], &line["ok"]), (&"warn".into(), &3.into(), &true.into()));
        assert_eq!(line["url"], "https://me:***@host/x");
        assert_eq!(line["message"], "it's \"so\"\nagain");
        assert!(!lines[0].contains('\n'));
    }
}
