//! GraphQL documents and type definitions, read from tokens into values. It follows the grammar of the specification of
//! October 2021, as far as requests and GitHub's kind of types need it.

use super::token::{Kind, Place, SyntaxError, Token, tokens};

/// So deep may things be nested.
const DEEPEST: usize = 60;

#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Variable(String),
    Int(i64),
    Float(f64),
    Text(String),
    Flag(bool),
    Null,
    Enum(String),
    List(Vec<Literal>),
    Object(Vec<(String, Literal)>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    Named(String),
    List(Box<Type>),
    /// `!`
    Needed(Box<Type>),
}

impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::List(inner) => write!(f, "[{inner}]"),
            Self::Needed(inner) => write!(f, "{inner}!"),
        }
    }
}

/// `name: value`, with the place of the name.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    pub name: String,
    pub value: Literal,
    pub place: Place,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Directive {
    pub name: String,
    pub arguments: Vec<Argument>,
    pub place: Place,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub alias: Option<String>,
    pub name: String,
    pub arguments: Vec<Argument>,
    pub directives: Vec<Directive>,
    pub selections: Vec<Selection>,
    pub place: Place,
}

impl Field {
    /// Its name in the answer.
    pub fn key(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Selection {
    Field(Field),
    /// `... on Type { … }`
    Inline {
        on: Option<String>,
        directives: Vec<Directive>,
        selections: Vec<Selection>,
        place: Place,
    },
    /// `...Name`
    Spread {
        name: String,
        directives: Vec<Directive>,
        place: Place,
    },
}

/// A name with a type and perhaps a default: a variable, an argument, a field of an input.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    pub name: String,
    pub kind: Type,
    pub default: Option<Literal>,
    pub place: Place,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// `query`, `mutation` or `subscription`.
    pub kind: String,
    pub name: Option<String>,
    pub variables: Vec<Slot>,
    pub selections: Vec<Selection>,
    pub place: Place,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Fragment {
    pub name: String,
    pub on: String,
    pub selections: Vec<Selection>,
    pub place: Place,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    pub operations: Vec<Operation>,
    pub fragments: Vec<Fragment>,
}

/// A type as a schema defines it.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// `type`, `interface`, `input`, `enum` or `scalar`.
    pub kind: String,
    pub name: String,
    pub implements: Vec<String>,
    /// Of a type or an interface: name, arguments, type.
    pub fields: Vec<(String, Vec<Slot>, Type)>,
    /// Of an input.
    pub inputs: Vec<Slot>,
    /// Of an enum.
    pub values: Vec<String>,
}

/// A request's document.
pub fn document(text: &str) -> Result<Document, SyntaxError> {
    let mut reader = Reader::new(text)?;
    let mut document = Document::default();
    while !reader.is_end() {
        if reader.is_name("fragment") {
            document.fragments.push(reader.fragment()?);
        } else {
            document.operations.push(reader.operation()?);
        }
    }
    if document.operations.is_empty() {
        return Err(reader.unexpected());
    }
    Ok(document)
}

/// A schema's types.
pub fn definitions(text: &str) -> Result<Vec<Definition>, SyntaxError> {
    let mut reader = Reader::new(text)?;
    let mut found = Vec::new();
    while !reader.is_end() {
        found.push(reader.definition()?);
    }
    Ok(found)
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Reader {
    fn new(text: &str) -> Result<Self, SyntaxError> {
        Ok(Self { tokens: tokens(text)?, at: 0, depth: 0 })
    }

    fn kind(&self) -> &Kind {
        &self.tokens[self.at].kind
    }

    fn place(&self) -> Place {
        self.tokens[self.at].place
    }

    fn is_end(&self) -> bool {
        *self.kind() == Kind::End
    }

    fn is_name(&self, name: &str) -> bool {
        matches!(self.kind(), Kind::Name(found) if found == name)
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.kind(), Kind::Sign(found) if *found == sign)
    }

    /// The last token, [`Kind::End`], is never passed.
    fn advance(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    fn unexpected(&self) -> SyntaxError {
        let what = match self.kind() {
            Kind::Sign(sign) => format!("{sign:?}"),
            Kind::Name(name) => format!("{name:?}"),
            Kind::Int(number) => number.to_string(),
            Kind::Float(number) => number.to_string(),
            Kind::Text(text) => format!("{text:?}"),
            Kind::End => "end of file".into(),
        };
        let place = self.place();
        SyntaxError { message: format!("Parse error on {what} at [{}, {}]", place.line, place.column), place }
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let is = self.is_sign(sign);
        if is {
            self.advance();
        }
        is
    }

    fn sign(&mut self, sign: &str) -> Result<(), SyntaxError> {
        if self.take_sign(sign) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn name(&mut self) -> Result<String, SyntaxError> {
        let Kind::Name(name) = self.kind() else { return Err(self.unexpected()) };
        let name = name.clone();
        self.advance();
        Ok(name)
    }

    /// Things between two signs, one at least.
    fn between<T>(
        &mut self,
        open: &str,
        close: &str,
        one: impl Fn(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<Vec<T>, SyntaxError> {
        self.sign(open)?;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(SyntaxError { message: "nested too deeply".into(), place: self.place() });
        }
        let mut found = vec![one(self)?];
        while !self.take_sign(close) {
            found.push(one(self)?);
        }
        self.depth -= 1;
        Ok(found)
    }

    fn operation(&mut self) -> Result<Operation, SyntaxError> {
        let place = self.place();
        let mut operation =
            Operation { kind: "query".into(), name: None, variables: Vec::new(), selections: Vec::new(), place };
        if !self.is_sign("{") {
            if !["query", "mutation", "subscription"].iter().any(|kind| self.is_name(kind)) {
                return Err(self.unexpected());
            }
            operation.kind = self.name()?;
            if matches!(self.kind(), Kind::Name(_)) {
                operation.name = Some(self.name()?);
            }
            if self.is_sign("(") {
                operation.variables = self.between("(", ")", |reader| {
                    reader.sign("$")?;
                    reader.slot()
                })?;
            }
        }
        operation.selections = self.selections()?;
        Ok(operation)
    }

    fn fragment(&mut self) -> Result<Fragment, SyntaxError> {
        let place = self.place();
        self.advance();
        if self.is_name("on") {
            return Err(self.unexpected());
        }
        let name = self.name()?;
        if !self.is_name("on") {
            return Err(self.unexpected());
        }
        self.advance();
        Ok(Fragment { name, on: self.name()?, selections: self.selections()?, place })
    }

    fn slot(&mut self) -> Result<Slot, SyntaxError> {
        let place = self.place();
        let name = self.name()?;
        self.sign(":")?;
        let kind = self.of_type()?;
        let default = if self.take_sign("=") { Some(self.literal()?) } else { None };
        Ok(Slot { name, kind, default, place })
    }

    fn of_type(&mut self) -> Result<Type, SyntaxError> {
        let inner = if self.is_sign("[") {
            let mut inner = self.between("[", "]", Self::of_type)?;
            if inner.len() > 1 {
                return Err(self.unexpected());
            }
            Type::List(Box::new(inner.remove(0)))
        } else {
            Type::Named(self.name()?)
        };
        Ok(if self.take_sign("!") { Type::Needed(Box::new(inner)) } else { inner })
    }

    fn selections(&mut self) -> Result<Vec<Selection>, SyntaxError> {
        self.between("{", "}", Self::selection)
    }

    fn selection(&mut self) -> Result<Selection, SyntaxError> {
        let place = self.place();
        if !self.take_sign("...") {
            return self.field().map(Selection::Field);
        }
        if matches!(self.kind(), Kind::Name(name) if name != "on") {
            return Ok(Selection::Spread { name: self.name()?, directives: self.directives()?, place });
        }
        let on = if self.is_name("on") {
            self.advance();
            Some(self.name()?)
        } else {
            None
        };
        Ok(Selection::Inline { on, directives: self.directives()?, selections: self.selections()?, place })
    }

    fn field(&mut self) -> Result<Field, SyntaxError> {
        let place = self.place();
        let first = self.name()?;
        let (alias, name) = if self.take_sign(":") { (Some(first), self.name()?) } else { (None, first) };
        let arguments = self.arguments()?;
        let directives = self.directives()?;
        let selections = if self.is_sign("{") { self.selections()? } else { Vec::new() };
        Ok(Field { alias, name, arguments, directives, selections, place })
    }

    fn arguments(&mut self) -> Result<Vec<Argument>, SyntaxError> {
        if self.is_sign("(") { self.between("(", ")", Self::argument) } else { Ok(Vec::new()) }
    }

    fn argument(&mut self) -> Result<Argument, SyntaxError> {
        let place = self.place();
        let name = self.name()?;
        self.sign(":")?;
        Ok(Argument { name, value: self.literal()?, place })
    }

    fn directives(&mut self) -> Result<Vec<Directive>, SyntaxError> {
        let mut found = Vec::new();
        while self.is_sign("@") {
            let place = self.place();
            self.advance();
            found.push(Directive { name: self.name()?, arguments: self.arguments()?, place });
        }
        Ok(found)
    }

    fn literal(&mut self) -> Result<Literal, SyntaxError> {
        let literal = match self.kind() {
            Kind::Sign("$") => {
                self.advance();
                return self.name().map(Literal::Variable);
            }
            Kind::Sign("[") => {
                if matches!(self.tokens.get(self.at + 1), Some(Token { kind: Kind::Sign("]"), .. })) {
                    self.advance();
                    Literal::List(Vec::new())
                } else {
                    return self.between("[", "]", Self::literal).map(Literal::List);
                }
            }
            Kind::Sign("{") => {
                if matches!(self.tokens.get(self.at + 1), Some(Token { kind: Kind::Sign("}"), .. })) {
                    self.advance();
                    Literal::Object(Vec::new())
                } else {
                    let members = self.between("{", "}", Self::argument)?;
                    let pairs = members.into_iter().map(|member| (member.name, member.value)).collect();
                    return Ok(Literal::Object(pairs));
                }
            }
            Kind::Name(name) => match name.as_str() {
                "true" => Literal::Flag(true),
                "false" => Literal::Flag(false),
                "null" => Literal::Null,
                name => Literal::Enum(name.into()),
            },
            Kind::Int(number) => Literal::Int(*number),
            Kind::Float(number) => Literal::Float(*number),
            Kind::Text(text) => Literal::Text(text.clone()),
            Kind::Sign(_) | Kind::End => return Err(self.unexpected()),
        };
        self.advance();
        Ok(literal)
    }

    fn definition(&mut self) -> Result<Definition, SyntaxError> {
        let kind = self.name()?;
        let name = self.name()?;
        let mut found = Definition {
            kind,
            name,
            implements: Vec::new(),
            fields: Vec::new(),
            inputs: Vec::new(),
            values: Vec::new(),
        };
        if self.is_name("implements") {
            self.advance();
            found.implements.push(self.name()?);
            while self.take_sign("&") {
                found.implements.push(self.name()?);
            }
        }
        match found.kind.as_str() {
            "scalar" => {}
            "enum" => found.values = self.between("{", "}", Self::name)?,
            "input" => found.inputs = self.between("{", "}", Self::slot)?,
            "type" | "interface" => {
                found.fields = self.between("{", "}", |reader| {
                    let name = reader.name()?;
                    let slots = if reader.is_sign("(") { reader.between("(", ")", Self::slot)? } else { Vec::new() };
                    reader.sign(":")?;
                    Ok((name, slots, reader.of_type()?))
                })?;
            }
            _ => return Err(self.unexpected()),
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_with_all_that_it_can_hold() {
        let text = r#"
            query One($id: ID!, $list: [String!] = ["a"]) {
              again: node(id: $id) @include(if: true) { __typename ... on User { login } ...Rest ... { id } }
            }
            mutation { updateRefs(input: {refUpdates: [], force: false, x: null, e: MERGE, n: {}}) { clientMutationId } }
            fragment Rest on Node { id }
        "#;
        let document = document(text).unwrap();
        assert_eq!(document.operations.len(), 2);
        let one = &document.operations[0];
        assert_eq!(one.name.as_deref(), Some("One"));
        assert_eq!(one.variables[0].kind.to_string(), "ID!");
        assert_eq!(one.variables[1].kind.to_string(), "[String!]");
        assert_eq!(one.variables[1].default, Some(Literal::List(vec![Literal::Text("a".into())])));
        let Selection::Field(node) = &one.selections[0] else { panic!("a field") };
        assert_eq!((node.key(), node.name.as_str(), node.selections.len()), ("again", "node", 4));
        assert_eq!(node.arguments[0].value, Literal::Variable("id".into()));
        assert_eq!(node.directives[0].name, "include");
        let Selection::Field(update) = &document.operations[1].selections[0] else { panic!("a field") };
        let Literal::Object(input) = &update.arguments[0].value else { panic!("an object") };
        assert_eq!(input[3], ("e".into(), Literal::Enum("MERGE".into())));
        assert_eq!(document.fragments[0].on, "Node");
    }

    #[test]
    fn what_is_no_document_says_where() {
        for (text, line, column) in [
            ("", 1, 1),
            ("{", 1, 2),
            ("{}", 1, 2),
            ("query {a}}", 1, 10),
            ("query ($a) {b}", 1, 10),
            ("{a(b:)}", 1, 6),
            ("{\n a {}\n}", 2, 5),
            ("wat {a}", 1, 1),
            ("fragment on on X {a}", 1, 10),
            ("fragment A on X {a}", 1, 20),
        ] {
            assert_eq!(document(text).unwrap_err().place, Place { line, column }, "{text}");
        }
    }

    #[test]
    fn nesting_ends_somewhere() {
        assert!(document(&"{a".repeat(100_000)).is_err());
        assert!(document(&format!("{{a(b:{})}}", "[".repeat(100_000))).is_err());
    }

    #[test]
    fn types_of_a_schema() {
        let found = definitions(
            "scalar ID interface Node { id: ID! } type A implements Node & B { f(x: Int = 3, y: [ID!]!): [A!]! id: ID! }
             input I { a: Boolean = false } enum E { X Y }",
        )
        .unwrap();
        assert_eq!(found.len(), 5);
        assert_eq!(found[2].implements, ["Node", "B"]);
        let (name, slots, kind) = &found[2].fields[0];
        assert_eq!((name.as_str(), slots.len(), kind.to_string().as_str()), ("f", 2, "[A!]!"));
        assert_eq!(found[3].inputs[0].default, Some(Literal::Flag(false)));
        assert_eq!(found[4].values, ["X", "Y"]);
    }
}
