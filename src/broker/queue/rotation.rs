//! Whose turn it is: consumers that may be offered a message, by priority, and within one priority in turn.
//! Source: rules DSP-1 to DSP-6 and DSP-9, `rabbit_queue_consumers`.

use crate::amqp::ConsumerId;
use crate::ring::Ring;

/// The rotation. A consumer that cannot take the message it is offered leaves; it comes back, at the back of its
/// priority, when it can again.
#[derive(Clone, Debug, Default)]
pub(in crate::broker) struct Rotation {
    /// Highest priority first; consumers of equal priority in order of their turn.
    classes: Vec<(i64, Ring<ConsumerId>)>,
    /// Place of the first class with a consumer in it; if there is none, no place.
    serving: usize,
}

impl Rotation {
    /// Adds a consumer at the back of its priority.
    pub(in crate::broker) fn join(&mut self, consumer: ConsumerId, priority: i64) {
        let place = self.classes.partition_point(|class| class.0 > priority);
        if self.classes.get(place).is_none_or(|class| class.0 != priority) {
            self.classes.insert(place, (priority, Ring::default()));
        }
        self.classes[place].1.push(consumer);
        self.find_serving();
    }

    pub(in crate::broker) fn leave(&mut self, consumer: ConsumerId) {
        for class in &mut self.classes {
            class.1.retain(|&other| other != consumer);
        }
        self.find_serving();
    }

    fn find_serving(&mut self) {
        let first = self.classes.iter().position(|class| !class.1.is_empty());
        self.serving = first.unwrap_or(self.classes.len());
    }

    /// Whose turn it is.
    #[inline(always)]
    pub(in crate::broker) fn next(&self) -> Option<ConsumerId> {
        self.classes.get(self.serving)?.1.front().copied()
    }

    /// Whose turn it will be once the present one has had its turn.
    #[inline(always)]
    pub(in crate::broker) fn after_turn(&self) -> Option<ConsumerId> {
        let class = &self.classes.get(self.serving)?.1;
        class.get(1).or(class.front()).copied()
    }

    /// The consumer whose turn it is goes to the back of its priority.
    #[inline(always)]
    pub(in crate::broker) fn turn(&mut self) {
        if let Some(class) = self.classes.get_mut(self.serving) {
            class.1.rotate();
        }
    }

    /// The consumer whose turn it is leaves.
    #[inline]
    pub(in crate::broker) fn step_out(&mut self) {
        if let Some(class) = self.classes.get_mut(self.serving) {
            class.1.pop();
            if class.1.is_empty() {
                self.find_serving();
            }
        }
    }

    /// Consumers of the priority that is served, in order of their turns.
    pub(in crate::broker) fn serving(&self) -> impl Iterator<Item = ConsumerId> {
        let class = self.classes.iter().find(|class| !class.1.is_empty());
        class.into_iter().flat_map(|class| class.1.iter().copied())
    }

    pub(in crate::broker) fn contains(&self, consumer: ConsumerId) -> bool {
        self.classes.iter().any(|class| class.1.iter().any(|other| *other == consumer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serve(rotation: &mut Rotation) -> u32 {
        let next = rotation.next().unwrap().0;
        rotation.turn();
        next
    }

    #[test]
    fn equals_take_turns_and_a_newcomer_waits_for_the_others() {
        let mut rotation = Rotation::default();
        rotation.join(ConsumerId(1), 0);
        rotation.join(ConsumerId(2), 0);
        assert_eq!(serve(&mut rotation), 1);
        rotation.join(ConsumerId(3), 0);
        assert_eq!([2, 1, 3, 2], [0; 4].map(|_| serve(&mut rotation)));
    }

    #[test]
    fn a_higher_priority_comes_first_until_it_leaves() {
        let mut rotation = Rotation::default();
        rotation.join(ConsumerId(1), 0);
        rotation.join(ConsumerId(2), 5);
        assert_eq!([2, 2], [0; 2].map(|_| serve(&mut rotation)));
        rotation.step_out();
        assert_eq!(serve(&mut rotation), 1);
        rotation.leave(ConsumerId(1));
        assert_eq!(rotation.next(), None);
    }
}
