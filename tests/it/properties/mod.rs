//! Properties of random runs. A case is a small scenario with a random subset of the features ("swarm"); it prints as the
//! file that replays it. What a property needs to be of any worth is counted, and must have happened.
//!
//! A longer search: `PROPTEST_CASES=20000 PROPTEST_RNG_SEED=7 cargo test --test it properties`.

mod books;
mod broker;
mod calls;
mod case;
mod claims;
mod copies;
mod draws;
mod forks;
mod order;
mod recount;
mod safety;
mod swarm;
mod tags;
