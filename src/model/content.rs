//! What a producer's messages are like: a template for each kind, and what is drawn for each message. All of it is a function of
//! the message's number, so that a message on its way needs no memory.

use std::sync::Arc;

use super::spec::{ClassSpec, MessageSpec, Pace, ProducerSpec, SystemSpec};
use crate::amqp::{Content, DeliveryMode, Name, Names, Properties};
use crate::random::{Choice, Distribution, Probability, RandomStream};

/// What messages are like, apart from their number.
#[derive(Clone, Debug)]
pub(super) struct Template {
    pub(super) routing_key: Name,
    size: u32,
    pub(super) delivery_mode: DeliveryMode,
    pub(super) priority: u8,
    /// Shared by all messages made from it, unless they are numbered.
    content: Option<Arc<Content>>,
    numbered: bool,
}

impl Template {
    fn new(message: &MessageSpec, names: &mut Names) -> Self {
        let own = message.properties.as_deref();
        let mode = if message.persistent { DeliveryMode::Persistent } else { DeliveryMode::Transient };
        Template {
            routing_key: names.intern(&message.routing_key),
            size: bytes(&message.message_size, 0),
            delivery_mode: mode,
            priority: message.priority,
            content: own.map(|own| {
                let properties = Properties {
                    delivery_mode: message.persistent.then_some(2),
                    priority: (message.priority > 0).then_some(message.priority),
                    ..own.clone()
                };
                Arc::new(Content { properties, body: Box::default() })
            }),
            numbered: message.numbered,
        }
    }

    /// The content of the message with this number.
    #[inline(always)]
    pub(super) fn content(&self, number: u32) -> Option<Arc<Content>> {
        let content = self.content.as_ref()?;
        Some(if self.numbered { numbered(content, number) } else { Arc::clone(content) })
    }
}

/// The same with the number as correlation id.
#[inline(never)]
fn numbered(content: &Content, number: u32) -> Arc<Content> {
    let correlation_id = Some(number.to_string().into());
    let properties = Properties { correlation_id, ..content.properties.clone() };
    Arc::new(Content { properties, body: content.body.clone() })
}

fn bytes(size: &Distribution, draw: u64) -> u32 {
    u32::try_from(size.sample(draw).as_nanos()).unwrap_or(u32::MAX)
}

/// A class that a producer's messages may belong to.
#[derive(Clone, Debug)]
struct Rule {
    /// Its index.
    class: u8,
    spec: ClassSpec,
    routing_key: Option<Name>,
    draws: RandomStream,
}

/// What is drawn for each message; `None` at a producer for which nothing is.
#[derive(Clone, Debug)]
struct Drawn {
    choice: Option<Choice>,
    choices: RandomStream,
    /// For each template.
    sizes: Vec<Distribution>,
    /// Of each message, if they were recorded.
    recorded: Option<Arc<[u32]>>,
    /// For each class, instead.
    sizes_of_classes: Vec<Option<Distribution>>,
    bodies: RandomStream,
}

/// What all messages of a producer are like.
#[derive(Clone, Debug)]
pub(super) struct Contents {
    /// The first template, which most producers have alone.
    first: Template,
    /// There is no other template, no class and nothing to draw.
    is_plain: bool,
    kinds: Box<Kinds>,
}

/// Messages of several kinds.
#[derive(Clone, Debug)]
struct Kinds {
    /// At least one.
    templates: Vec<Template>,
    /// In order: the first that takes a message has it.
    rules: Vec<Rule>,
    drawn: Option<Drawn>,
}

impl Contents {
    pub(super) fn new(spec: &SystemSpec, producer: &ProducerSpec, seed: u64, names: &mut Names) -> Self {
        let classes = spec.classes.iter().enumerate().skip(1);
        let own =
            classes.filter(|(_, class)| class.producer.as_ref().is_none_or(|name| *name == producer.name));
        let rules = own.map(|(index, class)| Rule {
            class: index as u8,
            spec: class.clone(),
            routing_key: class.routing_key.as_ref().map(|key| names.intern(key)),
            draws: RandomStream::new(seed, &producer.name, &format!("class {}", class.name)),
        });
        let rules: Vec<Rule> = rules.collect();
        let random = |message: &MessageSpec| message.message_size.constant().is_none();
        let is_random = producer.choice.is_some()
            || producer.messages.iter().any(random)
            || producer.message_sizes.iter().any(Option::is_some)
            || matches!(producer.pace, Pace::Arrivals(_, Some(_)));
        let drawn = is_random.then(|| Drawn {
            choice: producer.choice.clone(),
            choices: RandomStream::new(seed, &producer.name, "kinds"),
            sizes: producer.messages.iter().map(|message| message.message_size.clone()).collect(),
            recorded: match &producer.pace {
                Pace::Arrivals(_, sizes) => sizes.clone(),
                _ => None,
            },
            sizes_of_classes: producer.message_sizes.clone(),
            bodies: RandomStream::new(seed, &producer.name, "sizes"),
        });
        let templates: Vec<Template> =
            producer.messages.iter().map(|message| Template::new(message, names)).collect();
        Contents {
            first: templates[0].clone(),
            is_plain: templates.len() == 1 && rules.is_empty() && drawn.is_none(),
            kinds: Box::new(Kinds { templates, rules, drawn }),
        }
    }

    /// What the message with this number is like: its template, its class, and the length of its body.
    #[inline(always)]
    pub(super) fn of(&self, number: u32) -> (&Template, u8, u32) {
        if self.is_plain { (&self.first, 0, self.first.size) } else { self.kinds.of(number) }
    }

    /// The class of the message with this number.
    pub(super) fn class(&self, number: u32) -> u8 {
        self.of(number).1
    }
}

impl Kinds {
    #[inline(never)]
    fn of(&self, number: u32) -> (&Template, u8, u32) {
        let template = &self.templates[self.place(number)];
        // The first rule that takes it, else 0.
        let class = self.rules.iter().find(|rule| rule.takes(u64::from(number), template));
        let class = class.map_or(0, |rule| rule.class);
        let drawn = self.drawn.as_ref();
        (template, class, drawn.map_or(template.size, |drawn| self.draw_size(drawn, number, class)))
    }

    /// The place of the message's template.
    fn place(&self, number: u32) -> usize {
        match self.drawn.as_ref().and_then(|drawn| Some((drawn.choice.as_ref()?, &drawn.choices))) {
            Some((choice, draws)) => choice.pick(draws.draw_at(u64::from(number))),
            None => (number - 1) as usize % self.templates.len(),
        }
    }

    fn draw_size(&self, drawn: &Drawn, number: u32, class: u8) -> u32 {
        let recorded = drawn.recorded.as_ref().and_then(|sizes| sizes.get(number as usize - 1));
        if let Some(&size) = recorded {
            return size;
        }
        let of_class = drawn.sizes_of_classes.get(usize::from(class)).and_then(Option::as_ref);
        let size = of_class.unwrap_or_else(|| &drawn.sizes[self.place(number)]);
        bytes(size, drawn.bodies.draw_at(u64::from(number)))
    }
}

impl Rule {
    fn takes(&self, number: u64, template: &Template) -> bool {
        let Rule { spec, routing_key, draws, .. } = self;
        number >= spec.first
            && (number - spec.first).is_multiple_of(spec.every.max(1))
            && routing_key.is_none_or(|key| key == template.routing_key)
            && (spec.headers.is_empty() || template.has_headers(spec))
            && (spec.probability == Probability::ONE || spec.probability.happens(draws.draw_at(number)))
    }
}

impl Template {
    fn has_headers(&self, class: &ClassSpec) -> bool {
        let own = self.content.as_ref().and_then(|content| content.properties.headers.as_ref());
        own.is_some_and(|own| class.headers.iter().all(|(key, value)| own.get(key) == Some(value)))
    }
}
