//! The deliveries of a channel that wait for an acknowledgement, in order of their tags.

use super::queue::Entry;
use crate::amqp::{ConsumerId, DeliveryTag, Name, QueueId};
use crate::ring::Ring;
use crate::units::SimTime;

/// In place of the queue of a delivery: the queue is gone, and settling the delivery does nothing.
pub(super) const GONE: QueueId = QueueId(u32::MAX);

/// One delivery that waits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Unacked {
    pub(super) tag: DeliveryTag,
    pub(super) entry: Entry,
    pub(super) queue: QueueId,
    /// When it was handed out.
    pub(super) delivered: SimTime,
    /// Its consumer, while that exists.
    pub(super) consumer: Option<ConsumerId>,
    /// The tag of the consumer that it was delivered to, which may be gone; `None` if it was fetched with `basic.get`.
    pub(super) consumer_tag: Option<Name>,
    /// It waits no more: its place in the list counts as empty.
    pub(super) settled: bool,
}

impl Unacked {
    /// It was delivered to a consumer, not fetched with `basic.get`.
    #[inline(always)]
    pub(super) fn is_of_consumer(&self) -> bool {
        self.consumer_tag.is_some()
    }
}

/// The list. Taking the oldest one, and taking any one by its tag, need no search in the usual case of tags without gaps.
#[derive(Clone, Debug, Default)]
pub(super) struct UnackedList {
    /// Invariant: tags grow. A delivery in the middle stays in its place when it is settled; the first one is never settled.
    places: Ring<Unacked>,
    /// Those of the places that wait no more.
    settled: u32,
}

impl UnackedList {
    pub(super) fn len(&self) -> usize {
        self.places.len() - self.settled as usize
    }

    #[inline(always)]
    pub(super) fn push(&mut self, unacked: Unacked) {
        self.places.push(unacked);
    }

    /// Takes the first place.
    fn pop(&mut self) -> Option<Unacked> {
        let first = self.places.pop()?;
        self.settled -= u32::from(first.settled);
        Some(first)
    }

    fn place(&self, tag: DeliveryTag) -> Option<usize> {
        let first = self.places.front()?.tag;
        let guess = usize::try_from(tag.checked_sub(first)?).ok()?;
        if self.places.get(guess).is_some_and(|place| place.tag == tag) {
            return Some(guess);
        }
        let place = self.places.partition_point(|place| place.tag < tag);
        self.places.get(place).is_some_and(|found| found.tag == tag).then_some(place)
    }

    pub(super) fn contains(&self, tag: DeliveryTag) -> bool {
        self.place(tag).and_then(|place| self.places.get(place)).is_some_and(|place| !place.settled)
    }

    /// The delivery with this tag if it is the oldest one, as usual.
    #[inline(always)]
    pub(super) fn oldest(&self, tag: DeliveryTag) -> Option<&Unacked> {
        self.places.front().filter(|oldest| oldest.tag == tag)
    }

    /// The oldest delivery, which must be there, is taken.
    #[inline(always)]
    pub(super) fn leave_oldest(&mut self) {
        self.places.pop();
        if self.settled > 0 {
            self.tidy();
        }
    }

    /// Takes the delivery with this tag, if it waits.
    pub(super) fn take(&mut self, tag: DeliveryTag) -> Option<Unacked> {
        let place = self.place(tag)?;
        let taken = self.places.get_mut(place).filter(|place| !place.settled)?;
        let before = *taken;
        taken.settled = true;
        self.settled += 1;
        self.tidy();
        Some(before)
    }

    /// Takes all deliveries up to and including this tag, in order.
    pub(super) fn take_until(&mut self, tag: DeliveryTag) -> Vec<Unacked> {
        let end = self.places.partition_point(|place| place.tag <= tag);
        let mut taken: Vec<Unacked> = (0..end).filter_map(|_| self.pop()).collect();
        taken.retain(|place| !place.settled);
        self.tidy();
        taken
    }

    /// Takes all, in order.
    pub(super) fn take_all(&mut self) -> Vec<Unacked> {
        let mut taken: Vec<Unacked> = std::iter::from_fn(|| self.pop()).collect();
        taken.retain(|place| !place.settled);
        taken
    }

    /// Takes all deliveries from one queue, in order.
    pub(super) fn take_from(&mut self, queue: QueueId) -> Vec<Unacked> {
        let mut taken = Vec::new();
        for unacked in self.iter_mut().filter(|unacked| unacked.queue == queue) {
            taken.push(*unacked);
            unacked.settled = true;
        }
        self.settled += taken.len() as u32;
        self.tidy();
        taken
    }

    /// The queues of all deliveries, one for each, in order.
    pub(super) fn queues(&self) -> Vec<QueueId> {
        self.iter().map(|unacked| unacked.queue).collect()
    }

    /// Puts deliveries back that were taken before.
    pub(super) fn put_back(&mut self, mut taken: Vec<Unacked>) {
        taken.extend(self.take_all());
        taken.sort_by_key(|unacked| unacked.tag);
        for unacked in taken {
            self.push(unacked);
        }
    }

    /// All deliveries, to be changed.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Unacked> {
        self.places.iter_mut().filter(|place| !place.settled)
    }

    /// All deliveries, the oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Unacked> {
        self.places.iter().filter(|place| !place.settled)
    }

    #[inline(never)]
    fn tidy(&mut self) {
        while self.places.front().is_some_and(|place| place.settled) {
            self.pop();
        }
        // One delivery that is never settled must not make the list grow with every later one.
        if self.places.len() > 32 && self.places.len() > 2 * self.len() {
            for unacked in self.take_all() {
                self.push(unacked);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::messages::Slot;

    fn unacked(tag: u64) -> Unacked {
        Unacked {
            tag,
            entry: Entry::new(SimTime::ZERO, 0, Slot(0)),
            queue: QueueId(0),
            delivered: SimTime::ZERO,
            consumer: None,
            consumer_tag: Some(Name::EMPTY),
            settled: false,
        }
    }

    fn list(tags: &[u64]) -> UnackedList {
        let mut list = UnackedList::default();
        for &tag in tags {
            list.push(unacked(tag));
        }
        list
    }

    #[test]
    fn a_tag_is_taken_once_wherever_it_stands() {
        let mut list = list(&[1, 2, 5, 9]);
        assert_eq!(list.take(5).map(|u| u.tag), Some(5));
        assert!(
            list.take(5).is_none()
                && list.take(3).is_none()
                && list.take(10).is_none()
                && list.take(0).is_none()
        );
        assert_eq!(list.take(1).map(|u| u.tag), Some(1));
        assert_eq!((list.len(), list.contains(2), list.contains(5)), (2, true, false));
    }

    #[test]
    fn all_up_to_a_tag_come_in_order() {
        let mut list = list(&[1, 2, 3, 4]);
        list.take(2);
        assert_eq!(list.take_until(3).iter().map(|u| u.tag).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(list.take_all().len(), 1);
        assert_eq!(list.len(), 0);
    }

    #[test]
    fn what_was_put_back_is_in_its_old_place() {
        let mut list = list(&[1, 2, 3]);
        let taken = list.take_until(2);
        list.put_back(taken);
        assert_eq!(list.iter_mut().map(|u| u.tag).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn one_stuck_delivery_does_not_make_the_list_grow() {
        let mut list = list(&[1]);
        for tag in 2..10_000 {
            list.push(unacked(tag));
            list.take(tag);
        }
        assert!(list.places.len() < 100, "{}", list.places.len());
    }
}
