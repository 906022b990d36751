//! The ids of all diagnostics. An id never changes its meaning; one that is no longer used is not used again.

macro_rules! ids {
    ($($constant:ident = $id:literal: $about:literal;)*) => {
        $(#[doc = $about] pub const $constant: &str = $id;)*

        /// Every id with what it means, in alphabetical order.
        pub const ALL: &[(&str, &str)] = &[$(($id, $about)),*];
    };
}

ids! {
    ADDRESS_MATCHES_NOTHING = "address-matches-nothing": "A setting's address names nothing in the file.";
    BATCH_BEYOND_PREFETCH = "batch-beyond-prefetch": "A consumer waits for more deliveries than it may have.";
    BOUND_WITH_WRONG_UNIT = "bound-with-wrong-unit": "A bound of a check is not in the unit of its measure.";
    CHANNEL_ON_TWO_CONNECTIONS = "channel-on-two-connections": "One channel is used on two connections.";
    CHECK_WITHOUT_BOUNDS = "check-without-bounds": "A check names a measure, but no bound.";
    CONFLICTING_KEYS = "conflicting-keys": "Two keys exclude each other.";
    DEFAULT_EXCHANGE_BINDING = "default-exchange-binding": "A binding from or to the default exchange.";
    DUPLICATE_NAME = "duplicate-name": "Two things have one name.";
    DURATION_WITHOUT_UNIT = "duration-without-unit": "A length of time is a bare number.";
    EMPTY_LIST = "empty-list": "A list needs at least one entry.";
    EMPTY_NAME = "empty-name": "A name is empty.";
    EMPTY_PERIOD = "empty-period": "A period ends before it begins.";
    EMPTY_SCENARIO = "empty-scenario": "A scenario without producers and consumers.";
    FAULT_AFTER_END = "fault-after-end": "A fault begins when the replication is over.";
    IMPLAUSIBLE_VALUE = "implausible-value": "A value is allowed, and no real system has it.";
    IMPOSSIBLE_DISTRIBUTION = "impossible-distribution": "No distribution of a kind has such parameters.";
    INTEGER_TOO_LARGE = "integer-too-large": "An integer needs more than 64 bits.";
    KEY_WITHOUT_EFFECT = "key-without-effect": "A key or a table changes nothing in this scenario.";
    MALFORMED_ADDRESS = "malformed-address": "A setting's address is not TABLE.NAME.KEY or TABLE.KEY.";
    MALFORMED_DISTRIBUTION = "malformed-distribution": "A distribution lacks its parameters.";
    MALFORMED_KEYS = "malformed-keys": "Routing keys are neither a list nor a pattern with a count.";
    MALFORMED_LEVELS = "malformed-levels": "A `--vary` has no values, an empty one, or one twice.";
    MALFORMED_QUANTITY = "malformed-quantity": "A quantity does not start with a number.";
    MISSING_KEY = "missing-key": "A key that must be there is not.";
    NAME_CANNOT_BE_SET = "name-cannot-be-set": "A setting tries to rename something.";
    NAME_TOO_LONG = "name-too-long": "A name has more than 255 bytes.";
    NEGATIVE_QUANTITY = "negative-quantity": "A quantity is below zero.";
    NUMBER_OUT_OF_RANGE = "number-out-of-range": "A number is outside of its range.";
    QUANTITY_TOO_LARGE = "quantity-too-large": "A quantity is more than can be held.";
    QUANTITY_TOO_PRECISE = "quantity-too-precise": "A quantity has more decimals than can be held.";
    RATE_WITHOUT_UNIT = "rate-without-unit": "A rate is a bare number.";
    REFUSED_DECLARATION = "refused-declaration": "The broker refuses to declare something.";
    RESERVED_KEY = "reserved-key": "A key is kept for a later version.";
    RESERVED_NAME = "reserved-name": "A name belongs to the broker, or to this program.";
    REVERSED_BOUNDS = "reversed-bounds": "A check's lower bound is above its upper one.";
    REVERSED_DELAYS = "reversed-delays": "A wait that grows is bounded below its first length.";
    REVERSED_UNIFORM = "reversed-uniform": "A uniform distribution ends before it begins.";
    SET_INSIDE_VALUE = "set-inside-value": "A setting's address goes on behind a value that is no table.";
    SIZE_WITHOUT_UNIT = "size-without-unit": "A size is a bare number.";
    START_AFTER_END = "start-after-end": "A client would start when the replication is over.";
    STOP_BEFORE_START = "stop-before-start": "A client stops before it starts.";
    SUPERFLUOUS_KEY = "superfluous-key": "A key has no meaning beside another.";
    SYNTAX = "syntax": "The text is not TOML.";
    TOO_MANY = "too-many": "More entities of a kind than a run can number.";
    TOO_MANY_CHANNELS = "too-many-channels": "More channels on a connection than RabbitMQ allows.";
    TOO_MANY_CLASSES = "too-many-classes": "More message classes than a run can number.";
    TOO_MANY_POINTS = "too-many-points": "A sweep has more points than anybody waits for.";
    TRANSIENT_QUEUE = "transient-queue": "A queue neither durable nor exclusive, where the profile has none.";
    UNFED_QUEUE = "unfed-queue": "A consumer reads from a queue that nothing is routed to.";
    UNKNOWN_ARGUMENT = "unknown-argument": "An argument is none that the broker knows, which passes over it.";
    UNKNOWN_CHOICE = "unknown-choice": "A word is not one of those that a key takes.";
    UNKNOWN_CLASS = "unknown-class": "A message class is not declared.";
    UNKNOWN_CONNECTION = "unknown-connection": "A connection is not used or declared.";
    UNKNOWN_CONSUMER = "unknown-consumer": "A consumer is not declared.";
    UNKNOWN_DISTRIBUTION = "unknown-distribution": "A kind of distribution is not known.";
    UNKNOWN_DOWNSTREAM = "unknown-downstream": "A downstream is not declared.";
    UNKNOWN_EXCHANGE = "unknown-exchange": "An exchange is not declared.";
    UNKNOWN_EXCHANGE_TYPE = "unknown-exchange-type": "A type of exchange is not known.";
    UNKNOWN_FAULT = "unknown-fault": "A kind of fault is not known.";
    UNKNOWN_KEY = "unknown-key": "A table has a key that means nothing.";
    UNKNOWN_MEASURE = "unknown-measure": "A measure is not in the catalogue.";
    UNKNOWN_METHOD = "unknown-method": "A step sends a method that clients do not send.";
    UNKNOWN_PRODUCER = "unknown-producer": "A producer is not declared.";
    UNKNOWN_PROFILE = "unknown-profile": "A profile is not known.";
    UNKNOWN_PROPERTY = "unknown-property": "A property is not known.";
    UNKNOWN_QUEUE = "unknown-queue": "A queue is not declared.";
    UNKNOWN_TABLE = "unknown-table": "A scenario has no such table.";
    UNKNOWN_UNIT = "unknown-unit": "A quantity has a unit that is not known.";
    UNKNOWN_USER = "unknown-user": "A user is not declared.";
    UNKNOWN_VARIANT = "unknown-variant": "A check or the command line names a variant that is not there.";
    UNKNOWN_VHOST = "unknown-vhost": "A virtual host is not declared.";
    UNORDERED_INSTANTS = "unordered-instants": "Instants are not in order of time.";
    UNOWNED_QUEUE = "unowned-queue": "An exclusive queue that no client declares.";
    UNREADABLE_DATA = "unreadable-data": "A data file cannot be read, or not as the scenario says.";
    UNREADABLE_PATTERN = "unreadable-pattern": "A pattern of names cannot be read.";
    UNROUTABLE_KEY = "unroutable-key": "A producer publishes to the default exchange with the key of no queue.";
    UNSUPPORTED_ARGUMENT = "unsupported-argument": "An argument has a type that AMQP does not carry.";
    VARIED_IN_VAIN = "varied-in-vain": "A sweep varies what changes nothing.";
    VARIED_TWICE = "varied-twice": "A sweep varies one address twice, or one that is set.";
    WRONG_BRACKETS = "wrong-brackets": "A table has double brackets instead of single ones, or the reverse.";
    WRONG_TYPE = "wrong-type": "A value has the wrong type.";
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn ids_are_kebab_case_and_sorted() {
        assert!(ALL.is_sorted_by(|a, b| a.0 < b.0));
        assert!(ALL.iter().all(|(id, _)| id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')));
    }
}
