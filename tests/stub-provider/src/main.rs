//! A stand-in for the Terraform provider hetznercloud/hcloud: it knows the attributes in schema.txt and calls nobody.
//!
//! What a run against it proves: syntax, references, types of the attributes that are listed, and the lifecycle of plan,
//! apply and destroy. What it does not prove: that the real provider's schema is the same, or that Hetzner accepts it.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, Block, NestedBlock, Schema};
use tf_provider::value::{Value, ValueAny, ValueEmpty};
use tf_provider::{AttributePath, Diagnostics, DynamicDataSource, DynamicResource, Provider, Resource, serve};

type State = Value<BTreeMap<String, ValueAny>>;

/// A line of schema.txt: `name:type` and then `!` required, `?` optional, `=` computed, `?=` both, `~` sensitive;
/// blocks in square brackets.
fn block_of(line: &str) -> Block {
    let mut parts = line.split('[');
    let mut block = Block { attributes: attributes(parts.next().unwrap_or_default()), ..Block::default() };
    for nested in parts {
        let nested = nested.trim().trim_end_matches(']');
        let (name, fields) = nested.split_once(' ').unwrap_or((nested, ""));
        let inner = Block { attributes: attributes(fields), ..Block::default() };
        block.blocks.insert(name.to_owned(), NestedBlock::Set(inner));
    }
    block
}

fn attributes(text: &str) -> HashMap<String, Attribute> {
    text.split_whitespace().filter_map(|field| Some((field, field.split_once(':')?))).map(attribute).collect()
}

fn attribute((field, (name, rest)): (&str, (&str, &str))) -> (String, Attribute) {
    let text = || Box::new(AttributeType::String);
    let attr_type = match rest.trim_end_matches(['!', '?', '=', '~']) {
        "number" => AttributeType::Number,
        "bool" => AttributeType::Bool,
        "list" => AttributeType::List(text()),
        "set" => AttributeType::Set(text()),
        "numbers" => AttributeType::Set(Box::new(AttributeType::Number)),
        "map" => AttributeType::Map(text()),
        _ => AttributeType::String,
    };
    let constraint = match (field.contains('!'), field.contains('?'), field.contains('=')) {
        (true, _, _) => AttributeConstraint::Required,
        (_, true, true) => AttributeConstraint::OptionalComputed,
        (_, false, true) => AttributeConstraint::Computed,
        _ => AttributeConstraint::Optional,
    };
    (name.to_owned(), Attribute { attr_type, constraint, sensitive: field.contains('~'), ..Attribute::default() })
}

fn lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    include_str!("../schema.txt").lines().filter_map(|line| line.split_once(' '))
}

/// A resource that becomes what was planned; what the server would give is made up.
struct Anything {
    block: Block,
}

impl Anything {
    fn computed(&self) -> impl Iterator<Item = (&String, &Attribute)> {
        let computed = [AttributeConstraint::Computed, AttributeConstraint::OptionalComputed];
        self.block.attributes.iter().filter(move |(_, attribute)| computed.contains(&attribute.constraint))
    }

    /// Sets what is computed and not given to what `value` makes of it.
    fn fill(&self, state: &mut State, value: impl Fn(&str, &AttributeType) -> ValueAny) {
        let Value::Value(fields) = state else { return };
        for (name, attribute) in self.computed() {
            let given = fields.get(name).is_some_and(|value| !matches!(value, ValueAny::Null | ValueAny::Unknown));
            if !given {
                fields.insert(name.clone(), value(name, &attribute.attr_type));
            }
        }
    }
}

/// Ids are numbers in texts, as with the real provider; nothing depends on which.
fn made_up(name: &str, attr_type: &AttributeType) -> ValueAny {
    match (name, attr_type) {
        ("id", _) => ValueAny::String("4711".into()),
        ("ipv4_address", _) => ValueAny::String("192.0.2.1".into()),
        ("linux_device", _) => ValueAny::String("/dev/disk/by-id/scsi-0HC_Volume_4711".into()),
        (_, AttributeType::String) => ValueAny::String(format!("made-up-{name}")),
        (_, AttributeType::Number) => ValueAny::Number(4711),
        (_, AttributeType::Set(_)) => ValueAny::List(Vec::new()),
        _ => ValueAny::Null,
    }
}

#[async_trait]
impl Resource for Anything {
    type State<'a> = State;
    type PrivateState<'a> = ValueEmpty;
    type ProviderMetaState<'a> = ValueEmpty;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        Some(Schema { version: 1, block: self.block.clone() })
    }

    async fn validate<'a>(&self, _diags: &mut Diagnostics, _config: State) -> Option<()> {
        Some(())
    }

    async fn read<'a>(
        &self,
        _diags: &mut Diagnostics,
        state: State,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<(State, ValueEmpty)> {
        Some((state, private))
    }

    async fn plan_create<'a>(
        &self,
        _diags: &mut Diagnostics,
        mut proposed: State,
        _config: State,
        _meta: ValueEmpty,
    ) -> Option<(State, ValueEmpty)> {
        self.fill(&mut proposed, |_, _| ValueAny::Unknown);
        Some((proposed, ValueEmpty::default()))
    }

    async fn plan_update<'a>(
        &self,
        _diags: &mut Diagnostics,
        _prior: State,
        proposed: State,
        _config: State,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<(State, ValueEmpty, Vec<AttributePath>)> {
        Some((proposed, private, Vec::new()))
    }

    async fn plan_destroy<'a>(
        &self,
        _diags: &mut Diagnostics,
        _prior: State,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<ValueEmpty> {
        Some(private)
    }

    async fn create<'a>(
        &self,
        _diags: &mut Diagnostics,
        mut planned: State,
        _config: State,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<(State, ValueEmpty)> {
        self.fill(&mut planned, made_up);
        Some((planned, private))
    }

    async fn update<'a>(
        &self,
        _diags: &mut Diagnostics,
        _prior: State,
        planned: State,
        _config: State,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<(State, ValueEmpty)> {
        Some((planned, private))
    }

    async fn destroy<'a>(
        &self,
        _diags: &mut Diagnostics,
        _state: State,
        _private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<()> {
        Some(())
    }
}

struct Stub;

#[async_trait]
impl Provider for Stub {
    type Config<'a> = State;
    type MetaState<'a> = ValueEmpty;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        let (_, fields) = lines().find(|(name, _)| *name == "provider")?;
        Some(Schema { version: 1, block: block_of(fields) })
    }

    async fn validate<'a>(&self, _diags: &mut Diagnostics, _config: State) -> Option<()> {
        Some(())
    }

    async fn configure<'a>(&self, _diags: &mut Diagnostics, _version: String, _config: State) -> Option<()> {
        Some(())
    }

    fn get_resources(&self, _diags: &mut Diagnostics) -> Option<HashMap<String, Box<dyn DynamicResource>>> {
        let resources = lines().filter_map(|(name, fields)| {
            let name = name.strip_prefix("hcloud_")?.to_owned();
            Some((name, Box::new(Anything { block: block_of(fields) }) as Box<dyn DynamicResource>))
        });
        Some(resources.collect())
    }

    fn get_data_sources(&self, _diags: &mut Diagnostics) -> Option<HashMap<String, Box<dyn DynamicDataSource>>> {
        Some(HashMap::new())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    serve("hcloud", Stub).await.map_err(Into::into)
}
