//! The rules of semantics: an id, a statement and a source for each. Facts point here; explanations and
//! `docs/semantics.md` are made from it. Knows no behaviour.
#![deny(clippy::disallowed_types, clippy::float_arithmetic)]

mod acknowledgement;
mod confirms;
mod connections;
mod direct_reply;
mod dispatch;
mod durability;
mod errors;
mod exchanges;
mod flow;
mod lifetime;
mod limits;
mod queues;
mod quorum;
mod routing;
mod table;

pub use acknowledgement::*;
pub use confirms::*;
pub use connections::*;
pub use direct_reply::*;
pub use dispatch::*;
pub use durability::*;
pub use errors::*;
pub use exchanges::*;
pub use flow::*;
pub use lifetime::*;
pub use limits::*;
pub use queues::*;
pub use quorum::*;
pub use routing::*;
pub use table::ALL;

/// One rule of the broker's behaviour.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// A short id that never changes its meaning, for example `DSP-2`.
    pub id: &'static str,
    /// What holds, in one sentence that a learner can read.
    pub statement: &'static str,
    /// Where it is written, or how it was observed.
    pub source: &'static str,
}

/// A rule by reference: what a fact carries.
pub type RuleRef = &'static Rule;

/// The rule with this id.
pub fn find(id: &str) -> Option<RuleRef> {
    ALL.iter().copied().find(|rule| rule.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_an_id_of_its_own_and_says_where_it_is_from() {
        for (i, rule) in ALL.iter().enumerate() {
            assert!(ALL[i + 1..].iter().all(|other| other.id != rule.id), "{} stands twice", rule.id);
            assert!(rule.statement.ends_with('.') && !rule.source.is_empty(), "{}", rule.id);
        }
    }
}
