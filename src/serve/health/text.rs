//! The Prometheus text format: a small writer of its own. The format is three kinds of lines; the crates for it bring
//! registries, summaries and a dozen packages that nothing here needs.

use std::fmt::Write;

/// Labels with their values.
pub(super) type Labels<'a> = &'a [(&'a str, &'a str)];

/// Metrics as they are written.
#[derive(Debug, Default)]
pub struct Text(String);

impl Text {
    /// What goes up and down.
    pub(super) fn gauge(&mut self, name: &str, help: &str, values: &[(Labels<'_>, f64)]) {
        self.family(name, help, "gauge");
        values.iter().for_each(|(labels, value)| self.line(name, labels, *value));
    }

    /// What only goes up.
    pub(super) fn counter(&mut self, name: &str, help: &str, values: &[(Labels<'_>, f64)]) {
        self.family(name, help, "counter");
        values.iter().for_each(|(labels, value)| self.line(name, labels, *value));
    }

    /// How often values fell below each bound: bounds with counts that are already added up, then sum and count of all.
    pub(super) fn histogram(&mut self, name: &str, help: &str, below: &[(f64, u64)], sum: f64, count: u64) {
        self.family(name, help, "histogram");
        let bucket = format!("{name}_bucket");
        for (bound, count) in below {
            self.line(&bucket, &[("le", &bound.to_string())], *count as f64);
        }
        self.line(&bucket, &[("le", "+Inf")], count as f64);
        self.line(&format!("{name}_sum"), &[], sum);
        self.line(&format!("{name}_count"), &[], count as f64);
    }

    pub(super) fn end(self) -> String {
        self.0
    }

    fn family(&mut self, name: &str, help: &str, kind: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, labels: Labels<'_>, value: f64) {
        self.0.push_str(name);
        for (at, (label, value)) in labels.iter().enumerate() {
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.0, "{}{label}=\"{escaped}\"", if at == 0 { '{' } else { ',' });
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.0, "{end} {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_written_as_prometheus_reads_it() {
        let mut text = Text::default();
        text.counter("a_total", "As.", &[(&[("event", "p\"u\\s\nh"), ("b", "c")], 3.0)]);
        text.gauge("g", "Gs.", &[(&[], 0.5)]);
        text.histogram("h_seconds", "Hs.", &[(0.1, 1), (1.0, 2)], 4.25, 3);
        let expected = "# HELP a_total As.\n# TYPE a_total counter\na_total{event=\"p\\\"u\\\\s\\nh\",b=\"c\"} 3\n\
            # HELP g Gs.\n# TYPE g gauge\ng 0.5\n\
            # HELP h_seconds Hs.\n# TYPE h_seconds histogram\nh_seconds_bucket{le=\"0.1\"} 1\nh_seconds_bucket{le=\"1\"} 2\n\
            h_seconds_bucket{le=\"+Inf\"} 3\nh_seconds_sum 4.25\nh_seconds_count 3\n";
        assert_eq!(text.end(), expected);
    }
}
