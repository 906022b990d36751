//! Sentences about what consumers call.

use crate::observe::What;
use crate::report::Cast;

use super::page::length;

/// What happens to a call; nothing for anything else.
pub(super) fn sentence(cast: &Cast, what: &What) -> String {
    match what {
        What::CallWaits { consumer, message, downstream, ahead } => {
            let (consumer, message) = (cast.consumer(*consumer), cast.message(*message));
            let behind = match ahead {
                0 => String::new(),
                1 => ", behind another call".to_owned(),
                ahead => format!(", behind {ahead} other calls"),
            };
            format!(
                "{consumer} is to call {} for {message} and waits in line{behind}",
                cast.downstream(*downstream)
            )
        }
        What::CallBegan { consumer, message, downstream, waited, takes } => {
            let (consumer, message) = (cast.consumer(*consumer), cast.message(*message));
            let downstream = cast.downstream(*downstream);
            let waited =
                if waited.is_zero() { String::new() } else { format!(", after {} in line", length(*waited)) };
            format!("{consumer} calls {downstream} for {message}{waited}: it takes {}", length(*takes))
        }
        What::CallFailed { consumer, message, downstream, outage, retry_after } => {
            let (consumer, message) = (cast.consumer(*consumer), cast.message(*message));
            let downstream = cast.downstream(*downstream);
            let why = if *outage { " (an outage)" } else { "" };
            let then = match retry_after {
                Some(wait) => format!("it calls again after {}", length(*wait)),
                None => "its work has failed".to_owned(),
            };
            format!("the call of {consumer} to {downstream} for {message} fails{why}: {then}")
        }
        _ => String::new(),
    }
}
