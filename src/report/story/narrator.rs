//! The narrator: takes observations as they happen, picks those that are asked for and writes them on the page, step by
//! step. Knows what belongs together, not how it is worded.

use crate::amqp::{Names, ServerMethod};
use crate::observe::{Fact, Observation, What};
use crate::report::Directory;
use crate::units::SimTime;

use super::Filter;
use super::attempts::Attempts;
use super::groups::{Groups, is_told_in_groups};
use super::losses::Losses;
use super::page::Page;
use super::passed_over::PassedOver;
use super::selector::Selector;
use super::sentences::{answer, sentence};
use super::subjects::View;

/// Where a step happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Broker,
    Clients,
}

/// What happens at one instant and place by one cause.
#[derive(Clone, Debug)]
struct Step {
    at: SimTime,
    place: Place,
    /// Whom it is about so far.
    entities: Vec<String>,
}

/// Tells a run. Keeps the text that is told and what is unsettled, so a run may be long.
///
/// # Examples
///
/// ```
/// use amqpsim::amqp::{MessageId, Names, ProducerId};
/// use amqpsim::observe::{Observation, What};
/// use amqpsim::report::Directory;
/// use amqpsim::report::story::{Filter, Narrator};
/// use amqpsim::units::SimTime;
///
/// let directory = Directory { producers: vec!["shop".to_owned()], ..Directory::default() };
/// let message = MessageId { producer: ProducerId(0), number: 1 };
/// let mut narrator = Narrator::new(directory, Filter::default());
/// let names = Names::default();
/// let what = What::Published { producer: 0, message, class: 0, again: None };
/// narrator.observe(&names, &Observation { at: SimTime::from_nanos(500_000), what });
/// assert_eq!(narrator.finish(&names), "      0.500ms  shop publishes #1\n");
/// ```
#[derive(Clone, Debug)]
pub struct Narrator {
    selector: Selector,
    /// What the consumer got that is asked for.
    account: Option<PassedOver>,
    page: Page,
    step: Option<Step>,
    /// Whether the present step is told from a method that reached the broker, which an answer may be added to.
    asks: bool,
    /// The instant of the last observation.
    last: SimTime,
    /// What led to the present step and was not asked for; told as soon as something in the step is.
    causes: Vec<What>,
    /// What is told of many messages at once, at the end of the step or before the next sentence.
    groups: Groups,
    /// Attempts to connect that are not told yet.
    attempts: Attempts,
    /// What was lost; empty for the story of one message, whose fate says it.
    losses: Losses,
}

impl Narrator {
    /// A narrator who knows the entities of the scenario and tells what `filter` lets through.
    pub fn new(directory: Directory, filter: Filter) -> Self {
        let consumer = filter.entity.as_ref().filter(|name| directory.consumers.contains(name));
        let account = consumer.map(|name| PassedOver::new(name));
        Narrator {
            account,
            page: Page::new(filter.lines_max),
            selector: Selector::new(directory, filter),
            step: None,
            asks: false,
            last: SimTime::ZERO,
            causes: Vec::new(),
            groups: Groups::default(),
            attempts: Attempts::default(),
            losses: Losses::default(),
        }
    }

    /// Takes in what happened next. `names` is the broker's table, which must hold the names in the observation.
    pub fn observe(&mut self, names: &Names, seen: &Observation) {
        let (at, what) = (seen.at, &seen.what);
        self.last = at;
        self.selector.learn(names, at, what);
        self.enter_step(names, at, what);
        if let Some(account) = &mut self.account {
            account.observe(self.selector.view(names), at, what);
        }
        if self.selector.is_wanted(names, at, what) {
            for cause in std::mem::take(&mut self.causes) {
                self.tell(names, &cause);
            }
            self.tell(names, what);
            if self.selector.life.is_none() {
                self.losses.observe(at, what);
            }
        } else if is_cause(what) {
            self.causes.push(what.clone());
        }
        self.selector.forget(what);
    }

    /// The story, with what was left out, and the fate of the message if there was one in the filter.
    pub fn finish(mut self, names: &Names) -> String {
        self.tell_groups(names);
        self.tell_attempts(names);
        if self.page.is_empty() && self.selector.life.is_none() {
            let whom = self
                .selector
                .filter
                .entity
                .as_ref()
                .map_or_else(String::new, |entity| format!(" to `{entity}`"));
            self.page.close(&format!("Nothing happened{whom} in this time. The run ended at {}.", self.last));
        }
        self.page.close_limit();
        if let Some(line) = self.losses.line() {
            self.page.close(&line);
        }
        if let Some(life) = self.selector.life.take() {
            for paragraph in life.fate(self.view(names), self.last) {
                self.page.close(&paragraph);
            }
        }
        if let Some(account) = self.account.take() {
            let (text, rules) = account.account(self.view(names));
            self.page.close(&text);
            self.page.close_rules(&rules);
        }
        self.page.into_text()
    }

    fn view<'a>(&'a self, names: &'a Names) -> View<'a> {
        self.selector.view(names)
    }

    fn tell_groups(&mut self, names: &Names) {
        let at = self.step.as_ref().map_or(SimTime::ZERO, |step| step.at);
        let sentences = self.groups.take(self.selector.view(names), at);
        for (text, rule) in sentences {
            self.page.say(text, rule);
        }
    }

    /// Before anything else is told: it goes on after them.
    fn tell_attempts(&mut self, names: &Names) {
        let attempts = self.attempts.take();
        if attempts.is_empty() {
            return;
        }
        for attempt in attempts {
            let what = What::Connecting { connection: attempt.connection };
            let told = sentence(self.selector.view(names), &what);
            self.page.begin(attempt.first);
            if let Some((text, rule)) = told {
                self.page.say(text + &attempt.more(), rule);
            }
        }
        self.page.begin(self.step.as_ref().map_or(self.last, |step| step.at));
    }

    fn tell(&mut self, names: &Names, what: &What) {
        if let What::Connecting { connection } = what {
            self.attempts.add(*connection, self.last);
            return;
        }
        self.tell_attempts(names);
        if is_told_in_groups(what) {
            self.groups.add(what);
            return;
        }
        self.tell_groups(names);
        let view = self.selector.view(names);
        if matches!(what, What::ReachedBroker { .. }) {
            self.asks = self.page.is_at_start();
        } else if let (true, Some(first)) = (self.asks, self.page.first())
            && let Some(answer) = answer(view, first, what)
        {
            first.push_str(&answer);
            return;
        }
        if let Some((text, rule)) = sentence(view, what) {
            self.page.say(text, rule);
        }
    }

    /// Begins a step where `what` does not go on with the present one.
    fn enter_step(&mut self, names: &Names, at: SimTime, what: &What) {
        let place = match what {
            What::ReachedBroker { .. } | What::BrokerSent { .. } | What::Broker(..) => Place::Broker,
            What::Stale => return,
            _ => Place::Clients,
        };
        let entities = self.view(names).entities(what);
        let same = |step: &Step| step.entities.iter().any(|name| entities.contains(name));
        let goes_on = self.step.as_ref().is_some_and(|step| {
            (step.at, step.place) == (at, place)
                && match what {
                    What::Broker(Fact::ConnectionOpened { .. }, _) => false,
                    What::BrokerSent { .. } | What::Broker(..) => true,
                    What::ConsumerCrashed { .. }
                    | What::ProducerCrashed { .. }
                    | What::ConnectionLost { .. }
                    | What::AckLost { .. }
                    | What::LostOutside { .. } => true,
                    What::ClientSent { .. }
                    | What::Received { .. }
                    | What::ServiceBegan { .. }
                    | What::CallWaits { .. }
                    | What::CallBegan { .. } => same(step),
                    _ => false,
                }
        });
        match &mut self.step {
            Some(step) if goes_on => step.entities.extend(entities),
            _ => {
                self.tell_groups(names);
                let same_instant = self.step.as_ref().is_some_and(|step| step.at == at);
                self.causes.retain(|cause| same_instant && matches!(cause, What::FaultBegan { .. }));
                self.step = Some(Step { at, place, entities });
                self.asks = false;
                self.page.begin(at);
            }
        }
    }

    /// What `--entity` may be, as far as it is known: kinds with their names.
    pub fn entities(&self, names: &Names) -> [(&'static str, Vec<String>); 8] {
        self.selector.entities(names)
    }
}

/// Whether `what` may be the reason for what follows in its step.
fn is_cause(what: &What) -> bool {
    matches!(
        what,
        What::ReachedBroker { .. }
            | What::FaultBegan { .. }
            | What::ConsumerCrashed { .. }
            | What::ProducerCrashed { .. }
            | What::ConnectionLost { .. }
            | What::Broker(
                Fact::Error { .. }
                    | Fact::ConnectionClosed { .. }
                    | Fact::ChannelClosed { .. }
                    | Fact::BrokerStopped,
                _
            )
            | What::ReachedClient { method: ServerMethod::ChannelClose { .. }, .. }
    )
}
