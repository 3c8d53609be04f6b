//! Systems that a system stands on or talks to and that an author names as such: "**Database**: PostgreSQL", the list
//! after "It integrates with external services:", and "PostgreSQL is the authoritative datastore".

use std::collections::HashSet;
use std::sync::LazyLock;

use super::super::super::document::{NodeId, NodeKind};
use super::super::super::item::Rung;
use super::super::super::span::Span;
use super::super::ground::{Ground, Part};
use super::super::lexicon::{self, Topic};
use super::super::list;
use super::super::table::{Table, cell};
use super::prose::Named;

/// Labels of systems that run of their own; what stands behind the colon is the system.
const LABELS: &str = "database, databases, db, primary database, main database, relational database, cache, caching, \
    message broker, message queue, queue, broker, event bus, messaging, storage, object storage, file storage, \
    blob storage, data store, datastore, identity provider, auth provider, authentication provider, search engine, \
    api gateway, gateway, load balancer, reverse proxy, web server, vector database, vector store, cdn, llm provider, \
    payment gateway, payment provider, payments, email service, email provider, sms provider, \
    数据库, 缓存, 消息队列, 消息中间件, 网关, datenbank, nachrichtenbroker, zwischenspeicher, base de données, \
    base de datos, banco de dados, fila de mensagens, база данных, бд, субд, кэш, брокер сообщений, очередь сообщений, \
    データベース, キャッシュ, メッセージキュー, event store, message bus, task queue, job queue";

/// Titles of sections that list other systems.
const OUTSIDE: &str = "external systems, external services, external integrations, third party services, \
    third party integrations, integrations, external dependencies, external apis, system integrations, \
    external components, externe systeme, fremdsysteme, nachbarsysteme, systèmes externes, services externes, \
    sistemas externos, servicios externos, serviços externos, integrações, внешние системы, внешние сервисы, интеграции, \
    外部系统, 外部服务, 第三方服务, 外部システム, 外部サービス, sistemi esterni, servizi esterni";

/// Titles of sections that list interfaces of every kind; only systems with a purpose of this list count there.
const INTERFACES: &str = "software interfaces, interfaces to other systems, softwareschnittstellen, interfaces logicielles, \
    interfaces de software, программные интерфейсы";

/// What a system that runs of its own is for.
const PURPOSES: &[&str] = &[
    "storage",
    "authenticat",
    "identity",
    "single sign",
    "sso",
    "broker",
    "queue",
    "messaging",
    "cache",
    "caching",
    "payment",
    "email",
    "sms",
    "notification",
    "gateway",
    "search",
];

/// Last words of what is a part of a program, or a way to talk, and no system.
const NO_SYSTEMS: &[&str] = &[
    "orm",
    "sdk",
    "library",
    "framework",
    "driver",
    "https",
    "http",
    "rest",
    "json",
    "xml",
    "websocket",
    "websockets",
    "tls",
    "smtp",
    "jwt",
    "sql",
    "protocol",
    "format",
    "none",
    "tbd",
    "docker",
    "events",
    "api",
];

/// Heads of the column that names the technology.
const TECHNOLOGY: &[&str] = &[
    "technology",
    "technologies",
    "choice",
    "product",
    "technologie",
    "tecnología",
    "tecnologia",
    "технология",
    "技术",
    "技術",
];

static IS_LABEL: LazyLock<HashSet<&str>> = LazyLock::new(|| words(LABELS));
static IS_OUTSIDE: LazyLock<HashSet<&str>> = LazyLock::new(|| words(OUTSIDE));
static IS_INTERFACES: LazyLock<HashSet<&str>> = LazyLock::new(|| words(INTERFACES));

fn words(list: &'static str) -> HashSet<&'static str> {
    list.split(", ").map(str::trim).collect()
}

/// The systems around, in the order of the text.
pub(super) fn read(ground: &Ground<'_>) -> Vec<Named> {
    let mut found = Vec::new();
    for part in ground.parts().iter().filter(|part| is_read(part)) {
        for (at, block) in part.blocks.iter().enumerate() {
            match ground.document().node(*block).kind {
                NodeKind::List(_) => {
                    let before = at.checked_sub(1).map(|back| part.blocks[back]);
                    found.extend(listed(ground, part, *block, before));
                }
                NodeKind::Table => found.extend(tabled(ground, *block)),
                NodeKind::Paragraph => found.extend(stated(ground, *block)),
                _ => {}
            }
        }
    }
    found
}

fn is_read(part: &Part) -> bool {
    !part.skipped
        && !matches!(
            part.topic,
            Some(Topic::Models | Topic::Endpoints | Topic::Glossary | Topic::OutOfScope | Topic::Operations)
        )
}

fn listed(ground: &Ground<'_>, part: &Part, block: NodeId, before: Option<NodeId>) -> Vec<Named> {
    let document = ground.document();
    let title = lexicon::key(&part.title);
    let outside = IS_OUTSIDE.contains(title.as_str()) || before.is_some_and(|before| announces(document.plain(before)));
    let interfaces = IS_INTERFACES.contains(title.as_str());
    let mut found = Vec::new();
    for text in list::entries(document, block).into_iter().filter_map(|entry| entry.text) {
        let (span, plain) = (document.node(text).span, document.plain(text));
        let lead = list::lead(document, text);
        if let Some(lead) = lead.as_ref().filter(|lead| IS_LABEL.contains(lexicon::key(&lead.name).as_str())) {
            found.extend(system(&lead.rest, &lead.name, span));
        } else if outside || interfaces {
            let (name, rest) = lead.map_or((plain, plain.to_owned()), |lead| (&plain[..lead.rest_at], lead.rest));
            let name = name.trim().trim_end_matches([':', '-', '–', '—', ' ']);
            let purpose = rest.to_lowercase();
            if outside || PURPOSES.iter().any(|word| purpose.contains(word)) {
                found.extend(system(name, &rest, span));
            }
        } else {
            found.extend(stated(ground, text));
        }
    }
    found
}

/// "… integrates with the following external services:".
fn announces(text: &str) -> bool {
    let text = text.trim_end();
    if !text.ends_with([':', '：']) || text.len() > 400 {
        return false;
    }
    let lower = text.to_lowercase();
    let joined = ["integrat", "interfaces with", "interacts with", "communicates with", "connects to", "relies on"];
    let others = ["external s", "third-party s", "other systems", "third party s", "external a", "following systems"];
    joined.iter().any(|word| lower.contains(word)) && others.iter().any(|word| lower.contains(word))
}

fn tabled(ground: &Ground<'_>, block: NodeId) -> Vec<Named> {
    let document = ground.document();
    let Some(table) = Table::of(document, block) else { return Vec::new() };
    let technology = table.header.iter().position(|head| TECHNOLOGY.contains(&head.as_str())).filter(|at| *at > 0);
    let Some(column) = technology else { return Vec::new() };
    let rows = table.rows.iter().filter(|row| IS_LABEL.contains(lexicon::key(&cell(document, row, Some(0))).as_str()));
    rows.filter_map(|row| {
        system(&cell(document, row, Some(column)), &cell(document, row, Some(0)), document.node(row.node).span)
    })
    .collect()
}

/// "PostgreSQL is the authoritative datastore": a proper name, a verb that makes it one, and a word for a system.
fn stated(ground: &Ground<'_>, text: NodeId) -> Option<Named> {
    const KINDS: &[&str] =
        &["database", "datastore", "broker", "cache", "queue", "provider", "gateway", "store", "proxy", "balancer"];
    let document = ground.document();
    let plain = document.plain(text);
    let sentence = plain.split(". ").next()?;
    let cut = [" is the ", " serves as the ", " acts as the ", " is used as the "];
    let (name, rest) = cut.iter().find_map(|verb| sentence.split_once(verb))?;
    let mut words = rest.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).take(4);
    let proper = name.chars().filter(|letter| letter.is_uppercase()).count() >= 2 || !name.contains(' ');
    let fits = proper && !name.starts_with("The ") && name != "It" && name != "This";
    if !fits || !words.any(|word| KINDS.contains(&word)) {
        return None;
    }
    system(name, rest, document.node(text).span)
}

/// A system by its proper name, cut free of its version and purpose.
fn system(raw: &str, about: &str, span: Span) -> Option<Named> {
    let cuts = [
        "(", ",", ";", " for ", " with ", " via ", " as ", " on ", " or ", " and ", " / ", " + ", " – ", " — ", " - ",
        ": ", "（", "，", "、",
    ];
    let end = cuts.iter().filter_map(|cut| raw.find(cut)).min().unwrap_or(raw.len());
    let mut words: Vec<&str> = raw[..end].split_whitespace().collect();
    while words.len() > 1
        && words.last().is_some_and(|last| {
            last.trim_start_matches(['v', '~', '≥', '>', '=']).starts_with(|c: char| c.is_ascii_digit())
        })
    {
        words.pop();
    }
    let name = words.join(" ").trim_end_matches(['.', '+']).trim_matches(['*', '`']).to_owned();
    let last = words.last().map(|word| word.to_lowercase()).unwrap_or_default();
    let proper = words.iter().all(|word| word.starts_with(|letter: char| letter.is_uppercase()));
    let fits = proper && (1..=4).contains(&words.len()) && name.chars().count() >= 2;
    // "Relational database" says what kind of thing it is, not which.
    let generic = words.len() <= 2
        && (last.ends_with("datenbank")
            || matches!(last.as_str(), "database" | "cache" | "queue" | "broker" | "storage" | "server"));
    (fits && !generic && !NO_SYSTEMS.contains(&last.as_str())).then(|| Named {
        name,
        aliases: Vec::new(),
        description: about.trim().to_owned(),
        span,
        rung: Rung::Typed,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::super::document::Document;
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let document = Document::parse(text).unwrap();
        let found = read(&Ground::new(&document));
        assert_eq!(found.iter().map(|found| found.name.as_str()).collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn systems_around_are_named() {
        check(
            "# A\n- **Database**: PostgreSQL 16 (hosted)\n- **Frontend**: React\n- Cache: Redis, in memory\n",
            &["PostgreSQL", "Redis"],
        );
        check(
            "# A\nIt integrates with external services including:\n- Kafka for events\n- Prisma ORM for queries\n",
            &["Kafka"],
        );
        check("# A\nMariaDB is the primary database. It is fast.\n\nThe file is the database.\n", &["MariaDB"]);
        check("# A\n| Layer | Technology |\n|---|---|\n| Message Broker | RabbitMQ 3 |\n| UI | Vue |\n", &["RabbitMQ"]);
        check("# A\n- **Storage**: at most 5 GB\n- **Database**: Relational database\n", &[]);
        check("# A\n## Technology Stack\n- **Database**: SQLite\n", &[]);
    }
}
