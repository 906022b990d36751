//! The messages in the broker. A message is kept once, however many queues hold a copy, until the last copy is gone.

use crate::amqp::{Message, MessageId, Name};

/// A place in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot(pub(super) u32);

/// A message with what it was published with.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) message: Message,
    pub(super) exchange: Name,
    pub(super) routing_key: Name,
    /// How many queues and channels refer to it. In a free place: the next free one, or [`NONE`].
    copies: u32,
    /// It died before: its `x-death` is the broker's own, not a client's. Source: rule DLX-7.
    pub(super) dead: bool,
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Stored>() <= 48, "a stored message stays small");

/// No place.
const NONE: u32 = u32::MAX;
/// So many places are made at once, when none is free.
const NEW: u32 = 64;

/// All messages that some queue or channel still refers to.
#[derive(Clone, Debug)]
pub(super) struct Messages {
    slots: Vec<Stored>,
    /// The place freed last, which leads to the one before, or [`NONE`].
    free: u32,
}

impl Default for Messages {
    fn default() -> Self {
        Messages { slots: Vec::new(), free: NONE }
    }
}

impl Messages {
    /// Keeps a message for `copies` queues.
    #[inline(always)]
    pub(super) fn keep(&mut self, message: Message, exchange: Name, routing_key: Name, copies: u32) -> Slot {
        if self.free == NONE {
            self.grow();
        }
        let place = self.free;
        let slot = &mut self.slots[place as usize];
        self.free = slot.copies;
        *slot = Stored { message, exchange, routing_key, copies, dead: false };
        Slot(place)
    }

    /// Makes free places, which are used in their order.
    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let first = self.slots.len() as u32;
        let next = (first + 1..first + NEW).chain([NONE]);
        self.slots.extend(next.map(|next| Stored {
            message: Message::default(),
            exchange: Name::EMPTY,
            routing_key: Name::EMPTY,
            copies: next,
            dead: false,
        }));
        self.free = first;
    }

    /// Somebody else refers to the message.
    pub(super) fn retain(&mut self, slot: Slot) {
        self.slots[slot.0 as usize].copies += 1;
    }

    /// One copy is gone; with the last one the message is forgotten.
    #[inline(always)]
    pub(super) fn release(&mut self, slot: Slot) {
        let stored = &mut self.slots[slot.0 as usize];
        stored.copies -= 1;
        if stored.copies == 0 {
            stored.message.content = None;
            stored.copies = self.free;
            self.free = slot.0;
        }
    }

    /// The message is a dead letter.
    pub(super) fn mark_dead(&mut self, slot: Slot) {
        self.slots[slot.0 as usize].dead = true;
    }

    #[inline(always)]
    pub(super) fn get(&self, slot: Slot) -> &Stored {
        &self.slots[slot.0 as usize]
    }

    #[inline(always)]
    pub(super) fn id(&self, slot: Slot) -> MessageId {
        self.slots[slot.0 as usize].message.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run that publishes for ever keeps no more than what is in the queues.
    #[test]
    fn the_place_of_a_message_is_free_once_its_last_copy_is_gone() {
        let mut messages = Messages::default();
        let keep = |messages: &mut Messages| messages.keep(Message::default(), Name::EMPTY, Name::EMPTY, 2);
        let first = keep(&mut messages);
        messages.release(first);
        let second = keep(&mut messages);
        assert_ne!(second, first, "a copy is left");
        messages.release(first);
        assert_eq!(keep(&mut messages), first);
    }
}
