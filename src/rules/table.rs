//! The table of rules, in the order of their ids' sections, put together from one file for each part of the broker.
//! Knows no behaviour.

use super::RuleRef;

/// Makes a constant of each rule, documented by its statement, and `RULES`, all rules of the file in order.
macro_rules! rules {
    ($($name:ident, $id:literal: $statement:literal; $source:literal;)*) => {
        $(
            #[doc = $statement]
            pub const $name: $crate::rules::RuleRef =
                &$crate::rules::Rule { id: $id, statement: $statement, source: $source };
        )*

        /// The rules of this file, in order.
        pub(super) const RULES: &[$crate::rules::RuleRef] = &[$($name),*];
    };
}
pub(super) use rules;

const PARTS: [&[RuleRef]; 14] = [
    super::errors::RULES,
    super::connections::RULES,
    super::exchanges::RULES,
    super::routing::RULES,
    super::queues::RULES,
    super::dispatch::RULES,
    super::acknowledgement::RULES,
    super::confirms::RULES,
    super::lifetime::RULES,
    super::limits::RULES,
    super::durability::RULES,
    super::flow::RULES,
    super::quorum::RULES,
    super::direct_reply::RULES,
];

const COUNT: usize = {
    let (mut count, mut part) = (0, 0);
    while part < PARTS.len() {
        count += PARTS[part].len();
        part += 1;
    }
    count
};

static TABLE: [RuleRef; COUNT] = {
    let mut table = [PARTS[0][0]; COUNT];
    let (mut count, mut part) = (0, 0);
    while part < PARTS.len() {
        let mut place = 0;
        while place < PARTS[part].len() {
            table[count] = PARTS[part][place];
            count += 1;
            place += 1;
        }
        part += 1;
    }
    table
};

/// Every rule, in order.
pub static ALL: &[RuleRef] = &TABLE;
