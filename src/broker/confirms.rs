//! Publisher confirms: which publishes of a channel are answered, and how several answers become one frame.
//! Sequence numbers count from 1 per channel. Knows no queue. Source: rules CF-1 to CF-13, `rabbit_channel`.

use std::collections::BTreeSet;

use super::error::{Handled, failure};
use super::{Broker, Out, Step};
use crate::amqp::{ConnectionId, PublishSeqNo, ReplyCode, ServerMethod};
use crate::rules;

/// A channel in confirm mode.
#[derive(Clone, Debug, Default)]
pub(super) struct Confirms {
    /// The number of the last publish.
    last: PublishSeqNo,
    /// Answers that wait for others of the same command.
    acked: Vec<PublishSeqNo>,
    nacked: Vec<PublishSeqNo>,
    /// Publishes whose copies are not all safe.
    waiting: BTreeSet<PublishSeqNo>,
    /// Answers are gathered.
    gathers: bool,
}

/// How a publish is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// With a `basic.ack` of its own.
    Ack,
    /// With a `basic.nack` of its own.
    Nack { multiple: bool },
    /// Together with others, once the command is done.
    WithOthers,
}

impl Confirms {
    /// Counts a publish and answers it.
    #[inline]
    pub(super) fn answer_next(&mut self, accepted: bool) -> (PublishSeqNo, Answer) {
        self.last += 1;
        let publish = self.last;
        if self.gathers {
            let answers = if accepted { &mut self.acked } else { &mut self.nacked };
            answers.push(publish);
            return (publish, Answer::WithOthers);
        }
        // Alone below the cutoff, a negative one says "multiple". Source: rule CF-10.
        let multiple = self.waiting.is_empty();
        (publish, if accepted { Answer::Ack } else { Answer::Nack { multiple } })
    }

    /// The number of the publish that comes next.
    pub(super) fn next(&self) -> PublishSeqNo {
        self.last + 1
    }

    /// Counts a publish whose answer waits for the storage.
    pub(super) fn wait_next(&mut self) -> PublishSeqNo {
        self.last += 1;
        self.waiting.insert(self.last);
        self.last
    }

    /// A publish that waited is answered, together with others.
    pub(super) fn answer_waiting(&mut self, publish: PublishSeqNo, accepted: bool) {
        self.waiting.remove(&publish);
        if accepted { &mut self.acked } else { &mut self.nacked }.push(publish);
    }

    /// What is to be answered, unless answers are gathered.
    pub(super) fn flush_unless_gathering(&mut self) -> Vec<ServerMethod> {
        if self.gathers { Vec::new() } else { self.flush() }
    }

    /// From here on answers are gathered.
    pub(super) fn gather(&mut self) {
        self.gathers = true;
    }

    /// What was gathered, in as few frames as RabbitMQ needs.
    pub(super) fn flush(&mut self) -> Vec<ServerMethod> {
        self.gathers = false;
        self.acked.sort_unstable();
        self.nacked.sort_unstable();
        let (acked, nacked) = (std::mem::take(&mut self.acked), std::mem::take(&mut self.nacked));
        coalesce(&acked, &nacked, self.waiting.first().copied(), self.last)
    }
}

/// Positive and negative answers, each in rising order, as frames. Below the cutoff (the smallest number that is not
/// answered yet, or that has the opposite answer) one frame stands for all. Source: rule CF-10,
/// `rabbit_channel:coalesce_and_send`.
fn coalesce(
    acked: &[PublishSeqNo],
    nacked: &[PublishSeqNo],
    unanswered: Option<PublishSeqNo>,
    last: PublishSeqNo,
) -> Vec<ServerMethod> {
    let open = unanswered.unwrap_or(last + 1);
    let ack = |delivery_tag, multiple| ServerMethod::BasicAck { delivery_tag, multiple };
    let nack = |delivery_tag, multiple| ServerMethod::BasicNack { delivery_tag, multiple };
    let mut frames = Vec::new();
    if let [only] = acked {
        frames.push(ack(*only, false));
    } else {
        send(acked, open.min(nacked.first().copied().unwrap_or(open)), ack, &mut frames);
    }
    send(nacked, open.min(acked.first().copied().unwrap_or(open)), nack, &mut frames);
    frames
}

fn send(
    numbers: &[PublishSeqNo],
    cutoff: PublishSeqNo,
    frame: impl Fn(PublishSeqNo, bool) -> ServerMethod,
    frames: &mut Vec<ServerMethod>,
) {
    let below = numbers.partition_point(|&number| number < cutoff);
    frames.extend(numbers[..below].last().map(|&number| frame(number, true)));
    frames.extend(numbers[below..].iter().map(|&number| frame(number, false)));
}

impl Broker {
    /// Confirms on this connection wait until [`Broker::flush_confirms`].
    pub(super) fn gather_confirms(&mut self, connection: ConnectionId) {
        for place in self.places_of(connection) {
            if let Some(confirms) = &mut self.channels[place].confirms {
                confirms.gather();
            }
        }
    }

    pub(super) fn flush_confirms(&mut self, connection: ConnectionId, step: &mut Step<'_, impl Out>) {
        for place in self.places_of(connection) {
            let channel = &mut self.channels[place];
            for method in channel.confirms.iter_mut().flat_map(|confirms| confirms.flush()) {
                step.out.send(channel.at, method);
            }
        }
    }

    /// Source: rules CF-1 and CF-12.
    pub(super) fn select_confirms(&mut self, place: u32, step: &mut Step<'_, impl Out>) -> Handled {
        let channel = &mut self.channels[place];
        if channel.tx.is_some() {
            let text = "cannot switch from tx to confirm mode";
            return Err(failure(ReplyCode::PreconditionFailed, rules::CF_12, text));
        }
        channel.confirms.get_or_insert_default();
        step.out.send(channel.at, ServerMethod::ConfirmSelectOk);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(acked: &[u64], nacked: &[u64], unanswered: Option<u64>, last: u64) -> String {
        let shown = |method: &ServerMethod| match *method {
            ServerMethod::BasicAck { delivery_tag, multiple } => {
                format!("ack {delivery_tag}{}", if multiple { "*" } else { "" })
            }
            ServerMethod::BasicNack { delivery_tag, multiple } => {
                format!("nack {delivery_tag}{}", if multiple { "*" } else { "" })
            }
            _ => String::new(),
        };
        coalesce(acked, nacked, unanswered, last).iter().map(shown).collect::<Vec<_>>().join(", ")
    }

    /// Source: rule CF-10.
    #[test]
    fn answers_below_the_cutoff_are_one_frame() {
        assert_eq!(frames(&[1, 2], &[3, 4], None, 4), "ack 2*, nack 3, nack 4");
        assert_eq!(frames(&[1], &[], None, 1), "ack 1");
        assert_eq!(frames(&[], &[1], None, 1), "nack 1*");
        assert_eq!(frames(&[3, 4, 6], &[], Some(5), 7), "ack 4*, ack 6");
        assert_eq!(frames(&[2, 3], &[1], None, 3), "ack 2, ack 3, nack 1*");
        assert_eq!(frames(&[], &[], None, 3), "");
    }

    /// Source: rules CF-1 and CF-2.
    #[test]
    fn publishes_are_numbered_from_1_and_answered() {
        let mut confirms = Confirms::default();
        assert_eq!(confirms.answer_next(true), (1, Answer::Ack));
        confirms.gather();
        assert_eq!(confirms.answer_next(true), (2, Answer::WithOthers));
        assert_eq!(confirms.answer_next(false), (3, Answer::WithOthers));
        assert_eq!(confirms.flush().len(), 2);
        assert_eq!(confirms.flush(), []);
    }
}
