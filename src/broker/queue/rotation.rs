//! Whose turn it is: consumers that may be offered a message, by priority, and within one priority in turn.
//! Source: rules DSP-1 to DSP-6 and DSP-9, `rabbit_queue_consumers`.

use crate::amqp::ConsumerId;

/// So many consumers of one priority lie in the rotation itself, as those of most queues do.
const NEAR: usize = 8;

/// Consumers of one priority, in order of their turns.
#[derive(Clone, Debug, Default)]
#[repr(C)]
struct Class {
    priority: i64,
    len: u32,
    /// Where the first is.
    head: u32,
    near: [ConsumerId; NEAR],
    /// In their stead, once there were more: a power of two.
    far: Vec<ConsumerId>,
}

impl Class {
    /// Where the one behind `n` others lies.
    #[inline(always)]
    fn place(&mut self, n: u32) -> &mut ConsumerId {
        let at = (self.head + n) as usize;
        // Each list by itself: the length of the usual one is known when this is compiled.
        if self.far.is_empty() {
            &mut self.near[at & (NEAR - 1)]
        } else {
            let mask = self.far.len() - 1;
            &mut self.far[at & mask]
        }
    }

    /// The one behind `n` others, if there are so many.
    #[inline(always)]
    fn get(&self, n: u32) -> Option<ConsumerId> {
        if n >= self.len {
            return None;
        }
        let at = (self.head + n) as usize;
        // Without a check that could fail: where nobody asks for the answer, nothing is left of this.
        if self.far.is_empty() {
            Some(self.near[at & (NEAR - 1)])
        } else {
            self.far.get(at & (self.far.len() - 1)).copied()
        }
    }

    #[inline(always)]
    fn push(&mut self, consumer: ConsumerId) {
        let len = self.len as usize;
        if len >= NEAR && len >= self.far.len() {
            self.grow();
        }
        *self.place(self.len) = consumer;
        self.len += 1;
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let mut all: Vec<ConsumerId> = self.iter().collect();
        all.resize(2 * all.len(), ConsumerId(0));
        (self.far, self.head) = (all, 0);
    }

    #[inline(always)]
    fn pop(&mut self) {
        let taken = u32::from(self.len > 0);
        self.head = (self.head + taken) & (u32::MAX >> 1);
        self.len -= taken;
    }

    /// The first goes behind all others.
    #[inline(always)]
    fn turn(&mut self) {
        let first = *self.place(0);
        *self.place(self.len) = first;
        self.head = self.head.wrapping_add(1) & (u32::MAX >> 1);
    }

    fn iter(&self) -> impl Iterator<Item = ConsumerId> {
        (0..self.len).filter_map(|n| self.get(n))
    }
}

/// The rotation. A consumer that cannot take the message it is offered leaves; it comes back, at the back of its
/// priority, when it can again.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub(in crate::broker) struct Rotation {
    /// The highest priority that has a consumer, if one has.
    serving: Class,
    /// The others, in no particular order.
    others: Vec<Class>,
}

impl Rotation {
    /// Adds a consumer at the back of its priority.
    #[inline(always)]
    pub(in crate::broker) fn join(&mut self, consumer: ConsumerId, priority: i64) {
        if self.serving.priority == priority {
            self.serving.push(consumer);
        } else {
            self.join_other(consumer, priority);
        }
    }

    #[inline(never)]
    fn join_other(&mut self, consumer: ConsumerId, priority: i64) {
        if let Some(class) = self.others.iter_mut().find(|class| class.priority == priority) {
            class.push(consumer);
        } else {
            let mut class = Class { priority, ..Class::default() };
            class.push(consumer);
            self.others.push(class);
        }
        self.find_serving();
    }

    pub(in crate::broker) fn leave(&mut self, consumer: ConsumerId) {
        for class in std::iter::once(&mut self.serving).chain(&mut self.others) {
            let stay: Vec<ConsumerId> = class.iter().filter(|&other| other != consumer).collect();
            class.len = 0;
            for other in stay {
                class.push(other);
            }
        }
        self.find_serving();
    }

    fn find_serving(&mut self) {
        let present = |class: &Class| (class.len > 0, class.priority);
        if let Some(highest) = self.others.iter_mut().max_by_key(|class| present(class))
            && highest.len > 0
            && present(highest) > present(&self.serving)
        {
            std::mem::swap(highest, &mut self.serving);
        }
    }

    /// Whose turn it is.
    #[inline(always)]
    pub(in crate::broker) fn next(&self) -> Option<ConsumerId> {
        self.serving.get(0)
    }

    /// Whose turn it will be once the present one has had its turn.
    #[inline(always)]
    pub(in crate::broker) fn after_turn(&self) -> Option<ConsumerId> {
        self.serving.get(1).or(self.serving.get(0))
    }

    /// The consumer whose turn it is goes to the back of its priority.
    #[inline(always)]
    pub(in crate::broker) fn turn(&mut self) {
        self.serving.turn();
    }

    /// The consumer whose turn it is leaves.
    #[inline(always)]
    pub(in crate::broker) fn step_out(&mut self) {
        self.serving.pop();
        if self.serving.len == 0 && !self.others.is_empty() {
            self.find_serving();
        }
    }

    /// Consumers of the priority that is served, in order of their turns.
    pub(in crate::broker) fn serving(&self) -> impl Iterator<Item = ConsumerId> {
        self.serving.iter()
    }

    pub(in crate::broker) fn contains(&self, consumer: ConsumerId) -> bool {
        std::iter::once(&self.serving)
            .chain(&self.others)
            .any(|class| class.iter().any(|other| other == consumer))
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

    /// Many consumers, who leave and come back, keep their order.
    #[test]
    fn as_many_as_there_are_take_turns() {
        let mut rotation = Rotation::default();
        (0..20).for_each(|n| rotation.join(ConsumerId(n), 0));
        assert_eq!((0..20).map(|_| serve(&mut rotation)).collect::<Vec<_>>(), (0..20).collect::<Vec<_>>());
        (0..3).for_each(|_| rotation.step_out());
        rotation.join(ConsumerId(1), 0);
        rotation.leave(ConsumerId(5));
        let all: Vec<u32> = rotation.serving().map(|consumer| consumer.0).collect();
        assert_eq!(all, [&[3, 4], &(6..20).collect::<Vec<_>>()[..], &[1]].concat());
        rotation.join(ConsumerId(30), -1);
        assert_eq!(rotation.next(), Some(ConsumerId(3)));
        rotation.join(ConsumerId(31), 1);
        assert_eq!([31, 31], [0; 2].map(|_| serve(&mut rotation)));
    }
}
