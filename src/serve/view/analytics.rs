//! Figures over time: proposals a day, the time from an edit to its merge, how far the tests cover, open conflicts.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::project::{Project, locked};
use crate::fault::Fault;
use crate::forge::State;
use crate::git::{Id, Repo};
use crate::ledger::{Query, Time};

/// Days that are shown.
const DAYS: i64 = 30;
/// Milliseconds of a day.
const DAY: i64 = 86_400_000;
/// Merges and measurements that are shown.
const MOST: usize = 100;

/// One day (UTC).
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Day {
    /// `2026-01-31`.
    pub date: String,
    /// Seconds since 1970 at its begin.
    pub begins: i64,
    /// Proposals that were opened.
    pub opened: u32,
    /// Proposals that were brought up to date.
    pub updated: u32,
    /// Proposals that were merged.
    pub merged: u32,
    /// Proposals that people closed.
    pub closed: u32,
}

/// How long one proposal took.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MergeTime {
    /// Its number.
    pub number: u32,
    /// Its title.
    pub title: String,
    /// When it was merged (RFC 3339).
    pub merged_at: String,
    /// Seconds since 1970 of that.
    pub at: i64,
    /// Hours from the commit that it was built on (the edit) to its merge.
    pub hours: f64,
}

/// One commit measured.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Measured {
    /// When (RFC 3339).
    pub measured_at: String,
    /// Seconds since 1970 of that.
    pub at: i64,
    /// The commit.
    pub commit: String,
    /// Rows of the trace.
    pub rows: u64,
    /// Those with a real test.
    pub covered: u64,
    /// That in per cent of the rows.
    pub percent: f64,
    /// Conflicts that were open.
    pub conflicts: u64,
}

/// The page.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Analytics {
    /// The last 30 days, oldest first.
    pub days: Vec<Day>,
    /// The last 100 merges, oldest first.
    pub merges: Vec<MergeTime>,
    /// Half of them took no longer than this, in hours.
    pub median_hours: Option<f64>,
    /// The last 100 commits that the server looked at, oldest first.
    pub measured: Vec<Measured>,
}

/// Gathers the figures.
///
/// # Errors
/// When the ledger or git can't be read (exit 3).
pub fn analytics(project: &Project) -> Result<Analytics, Fault> {
    let merges = merges(project)?;
    let mut hours: Vec<f64> = merges.iter().map(|merge| merge.hours).collect();
    hours.sort_by(f64::total_cmp);
    Ok(Analytics {
        days: days(project)?,
        median_hours: hours.get(hours.len().saturating_sub(1) / 2).copied(),
        merges,
        measured: measured(project)?,
    })
}

fn days(project: &Project) -> Result<Vec<Day>, Fault> {
    let ledger = project.ledger();
    let today = ledger.now().0.div_euclid(DAY);
    let first = today - DAYS + 1;
    let mut found: BTreeMap<i64, Day> = (first..=today)
        .map(|day| {
            let date = Time(day * DAY).to_string().split('T').next().unwrap_or_default().to_owned();
            (day, Day { date, begins: day * DAY / 1_000, ..Day::default() })
        })
        .collect();
    for kind in ["opened", "updated", "merged", "closed"] {
        for (day, count) in counted(project, kind, first, today)? {
            let Some(row) = found.get_mut(&day) else { continue };
            *match kind {
                "opened" => &mut row.opened,
                "updated" => &mut row.updated,
                "merged" => &mut row.merged,
                _ => &mut row.closed,
            } = count;
        }
    }
    Ok(found.into_values().collect())
}

/// Proposals of a kind by day. Days that are over do not change any more, so they are counted once.
fn counted(project: &Project, kind: &'static str, first: i64, today: i64) -> Result<Vec<(i64, u32)>, Fault> {
    let ledger = project.ledger();
    let mut kept = locked(&project.days);
    let next = (first..today).find(|day| !kept.contains_key(&(kind, *day))).unwrap_or(today);
    let name = format!("proposal.{kind}");
    let fresh: BTreeMap<i64, u32> =
        ledger.by_day(&name, Time(next * DAY), Time((today + 1) * DAY))?.into_iter().collect();
    kept.retain(|(_, day), _| *day >= first);
    for day in next..today {
        kept.insert((kind, day), fresh.get(&day).copied().unwrap_or(0));
    }
    let count = |day: i64| match kept.get(&(kind, day)) {
        Some(count) => *count,
        None => fresh.get(&day).copied().unwrap_or(0),
    };
    Ok((first..=today).map(|day| (day, count(day))).collect())
}

fn merges(project: &Project) -> Result<Vec<MergeTime>, Fault> {
    let (board, repo) = (project.board()?, project.repo()?);
    let merged = board.all.iter().rev().filter(|seen| seen.proposal.state == State::Merged).take(MOST);
    let mut found: Vec<MergeTime> = merged
        .filter_map(|seen| {
            let proposal = &seen.proposal;
            let edited = seconds(&repo, &proposal.onto)?;
            let at = seconds(&repo, proposal.merged.as_deref()?)?;
            let hours = at.saturating_sub(edited).max(0) as f64 / 3_600.0;
            let merged_at = Time(at.saturating_mul(1_000)).to_string();
            Some(MergeTime { number: proposal.number, title: proposal.title.clone(), merged_at, at, hours })
        })
        .collect();
    found.sort_by_key(|merge| merge.at);
    Ok(found)
}

fn seconds(repo: &Repo, commit: &str) -> Option<i64> {
    let id: Id = commit.parse().ok()?;
    repo.commit_at(id).ok().map(|commit| commit.author.seconds)
}

fn measured(project: &Project) -> Result<Vec<Measured>, Fault> {
    let query = Query { kind: Some("trace.measured".to_owned()), ..Query::default() };
    let events = project.ledger().happened(&query, MOST as u32)?;
    let mut found: Vec<Measured> = events
        .into_iter()
        .map(|event| {
            let number = |key: &str| event.data[key].as_u64().unwrap_or_default();
            let (rows, covered) = (number("rows"), number("covered"));
            Measured {
                measured_at: event.at.to_string(),
                at: event.at.0 / 1_000,
                commit: event.data["commit"].as_str().unwrap_or_default().to_owned(),
                rows,
                covered,
                percent: if rows == 0 { 0.0 } else { (covered as f64 * 1_000.0 / rows as f64).round() / 10.0 },
                conflicts: number("conflicts"),
            }
        })
        .collect();
    found.reverse();
    Ok(found)
}
