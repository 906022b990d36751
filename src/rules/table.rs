//! The table of rules, in the order of their ids' sections.

use super::{Rule, RuleRef};

/// Every rule, in order.
pub const ALL: &[RuleRef] = &[];
#[expect(dead_code, reason = "placeholder until the table is filled")]
type Unused = Rule;
