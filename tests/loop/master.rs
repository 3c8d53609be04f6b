//! A small master specification, and edits that a person makes in one: plain text work that knows nothing of how vso
//! reads it.

use super::chance::Chance;
use super::words::{Words, found};

/// What the simulation begins with.
pub const MASTER: &str = r#"---
title: "Corner Shop"
version: "1.0.0"
authors: ["Shop Keepers"]
dependencies: []
last_updated: "2026-01-01"
---

# Corner Shop Master Specification

## Overview

A shop keeps goods, takes orders and sends them out.

## Requirements

### Functional

- **FR-001** [component: Accounts] A visitor can register with an email address.
- **FR-002** [component: Accounts] An email address must be unique.
- **FR-003** [component: Accounts] A customer can end their membership.
- **FR-010** [component: Goods] A keeper can add an article with a title and a price.
- **FR-011** [component: Goods] A price must not be negative.
- **FR-012** [component: Goods] A customer can search articles by a word of the title.
- **FR-020** [component: Orders] A customer can order an article that is in stock.
- **FR-021** [component: Orders] The system must refuse an order with status 409 when the article is sold out.
- **FR-022** [component: Orders] A customer can cancel an order.
  - The article is in stock again at once.
- **FR-030** [component: Parcels] A keeper can send an order as a parcel.
- **FR-031** [component: Parcels] A parcel must be traceable by its number.

### Non-Functional

- Performance: **NFR-1** The p95 latency of every endpoint must stay under 200 ms at 50 requests/s.
- Security: **NFR-2** Every endpoint must refuse requests without a token with status 401.

## Architecture

### Components

- **Accounts**: Registers people and knows who they are.
- **Goods**: The articles that can be bought, with photographs and prices.
- **Orders**: Takes orders and cancels them. Depends on: Accounts, Goods.
- **Parcels**: Sends what was ordered and follows it on its way. Depends on: Orders.

### Data Models

- Customer: {id: uuid, email: string (unique), name: string (max 80)}
- Article: {id: uuid, title: string, price: decimal (>= 0), stock: integer}
- Order: {id: uuid, customer_id: Customer.id, article_id: Article.id, count: integer (1..20)}
- Parcel: {id: uuid, order_id: Order.id, number: string, sent_on?: date}

## API Endpoints

- POST /customers → {email: string, name: string} → 201 Customer; 409 when the email is taken — Register a customer
- GET /customers/{id} → 200 Customer; 404 when there is no such customer
- POST /articles → {title: string, price: decimal, stock: integer} → 201 Article; 422 when the price is negative
- GET /articles?query={text} → 200 Article[] — Search the articles
- POST /orders → {customer_id: Customer.id, article_id: Article.id, count: integer (1..20)} → 201 Order; 409 when it is sold out
- DELETE /orders/{id} → 204; 404 when there is no such order
- POST /parcels → {order_id: Order.id} → 201 Parcel; 404 when the order is unknown
- GET /parcels/{id} → 200 Parcel; 404 when there is no such parcel

## Acceptance Criteria

- **AC-001** (Orders) As a customer, I can cancel an order and order the article again. ([FR-020], [FR-022])
- **AC-002** (Goods) As a keeper, I can add an article and find it by a word of its title. ([FR-010], [FR-012])

## Vertical Slices

<!-- vso:slices:begin -->
<!-- vso:slices:end -->
"#;

/// A master that is being edited.
pub struct Text {
    pub lines: Vec<String>,
}

impl Text {
    /// Takes a text apart.
    pub fn of(text: &str) -> Self {
        Self { lines: text.lines().map(str::to_owned).collect() }
    }

    /// The text again.
    pub fn text(&self) -> String {
        self.lines.join("\n") + "\n"
    }

    /// The places of lines that begin an item with such an id.
    pub fn items(&self, prefix: &str) -> Vec<usize> {
        let mark = format!("**{prefix}");
        let is_item = |line: &String| line.starts_with("- ") && line.contains(&mark);
        (0..self.lines.len()).filter(|at| is_item(&self.lines[*at])).collect()
    }

    /// The places of a section's list items.
    pub fn section(&self, heading: &str) -> Vec<usize> {
        let Some(start) = self.lines.iter().position(|line| line == heading) else { return Vec::new() };
        let end = (start + 1..self.lines.len()).find(|at| self.lines[*at].starts_with('#')).unwrap_or(self.lines.len());
        (start..end).filter(|at| self.lines[*at].starts_with("- ")).collect()
    }

    /// The names of the components.
    pub fn components(&self) -> Vec<String> {
        let lines = self.section("### Components");
        lines
            .iter()
            .filter_map(|at| Some(self.lines[*at].strip_prefix("- **")?.split_once("**")?.0.to_owned()))
            .collect()
    }

    /// The functional requirements of a component.
    pub fn of_component(&self, name: &str) -> Vec<usize> {
        let tag = format!("[component: {name}]");
        self.items("FR-").into_iter().filter(|at| self.lines[*at].contains(&tag)).collect()
    }

    /// The place of an item by its id.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.lines.iter().position(|line| line.starts_with("- ") && line.contains(&format!("**{id}**")))
    }

    /// Takes an item out, with the lines that hang below it.
    pub fn cut(&mut self, at: usize) -> Vec<String> {
        let below = (at + 1..self.lines.len()).take_while(|next| self.lines[*next].starts_with("  ")).count();
        self.lines.drain(at..=at + below).collect()
    }
}

/// The id of an item's line.
pub fn id_of(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("**")?;
    let (id, _) = rest.split_once("**")?;
    Some(id.to_owned())
}

/// Puts a word before the last full stop of a line's sentence, or of the sentence before its closing brackets.
pub fn add_word(line: &str, word: &str) -> String {
    let cut = match line.rfind(". (") {
        Some(at) => at,
        None => line.trim_end_matches(['.', '\n', ' ']).len(),
    };
    format!("{} {word}{}", &line[..cut], &line[cut..])
}

/// Another sentence after what names the item; what stood there is discarded.
pub fn replace_sentence(line: &str, word: &str, words: &mut Words) -> String {
    let head = line.rfind("**").map_or(2, |at| at + 2);
    let head = line[head..].find("] ").map_or(head, |at| head + at + 1);
    let tail = line.rfind(" (").filter(|at| *at > head && line.contains("**AC-")).unwrap_or(line.len());
    let kept = found(word);
    let dropped: Vec<String> = found(&line[head..tail]).into_iter().filter(|old| !kept.contains(old)).collect();
    words.discard(&dropped.join(" "), "its sentence was replaced");
    format!("{} The shop must show {word} at the door.{}", &line[..head], &line[tail..])
}

/// A free id of a kind: `FR-104`.
pub fn free_id(text: &str, prefix: &str, chance: &mut Chance) -> String {
    loop {
        let id = format!("{prefix}{}", 100 + chance.below(800));
        if !text.contains(&id) {
            return id;
        }
    }
}
