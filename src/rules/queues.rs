//! Queues: declaration, deletion, their arguments and policies.
//! Knows no behaviour.

use super::table::rules;

rules! {
    Q_1, "Q-1":
        "Declaring a queue again must repeat its flags and arguments; a difference closes the channel with \
         406, or with 405 if another connection owns the queue. Unknown arguments are not compared.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_amqqueue:assert_equivalence";
    Q_2, "Q-2":
        "Arguments are compared by value: the width of an integer does not matter, but an integer never \
         equals a string.";
        "observed on RabbitMQ 3.10.8";
    Q_3, "Q-3":
        "`queue.declare-ok` tells the ready messages, unacknowledged ones not counted, and all consumers.";
        "observed on RabbitMQ 3.10.8; AMQP 0-9-1 specification, queue.declare-ok";
    Q_4, "Q-4":
        "Before 4.3 a quorum queue counts a channel that holds messages from `basic.get` as one consumer.";
        "observed on RabbitMQ 3.10.8; RabbitMQ release notes, 4.3.0";
    Q_5, "Q-5":
        "A passive declaration only asks whether the queue exists; if it does not, the channel is closed \
         with 404.";
        "observed on RabbitMQ 3.10.8";
    Q_6, "Q-6":
        "For an empty name the broker makes up a unique one that begins with `amq.gen-`; a quorum queue \
         needs a name.";
        "observed on RabbitMQ 3.10.8";
    Q_7, "Q-7":
        "A declaration without wait is answered only if it fails.";
        "AMQP 0-9-1 specification, queue.declare";
    Q_8, "Q-8":
        "Deleting a queue that does not exist succeeds; deleting one that has consumers or ready messages \
         fails with 406 where the client asked for that care.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_amqqueue_process";
    Q_9, "Q-9":
        "Whether a queue counts as empty depends on its ready messages only; unacknowledged ones do not \
         keep it.";
        "observed on RabbitMQ 3.10.8";
    Q_10, "Q-10":
        "A queue's messages are gone when it is deleted; they are never dead-lettered.";
        "observed on RabbitMQ 3.10.8";
    Q_11, "Q-11":
        "When a queue is deleted its consumers are told by `basic.cancel`; settling what they still hold \
         does nothing.";
        "observed on RabbitMQ 3.10.8";
    Q_12, "Q-12":
        "A publish that still waits for a queue which is deleted counts as confirmed for it.";
        "RabbitMQ server source, rabbit_channel:handle_eol";
    Q_13, "Q-13":
        "A purge removes the ready messages only; unacknowledged ones stay, and nothing is dead-lettered.";
        "observed on RabbitMQ 3.10.8; RabbitMQ release notes, 4.3.0";
    Q_14, "Q-14":
        "A quorum queue cannot be deleted on the condition that it is unused or empty; asking for it \
         closes the connection with 540.";
        "observed on RabbitMQ 3.10.8";
    Q_15, "Q-15":
        "A quorum queue must be durable, and may be neither exclusive nor auto-delete; otherwise the \
         channel is closed with 406.";
        "observed on RabbitMQ 3.10.8";
    Q_16, "Q-16":
        "From 4.3 on a queue must be durable or exclusive; declaring one that is neither closes the \
         connection with 541.";
        "RabbitMQ server source, rabbit_amqqueue:declare; RabbitMQ release notes, 4.3.0";
    Q_17, "Q-17":
        "A queue declared without a type gets the default of its virtual host, then of the server, and is \
         a classic queue if neither is set or fits.";
        "RabbitMQ server source, rabbit_amqqueue:update_args_table_with_queue_type";
    Q_18, "Q-18":
        "A 4.x server can be told to accept the declaration of an existing quorum queue as a classic one; \
         it then compares fewer arguments.";
        "RabbitMQ server source, rabbit_amqqueue:equivalence_check_level";
    Q_19, "Q-19":
        "A queue handles one thing at a time; what it sends to other queues and to channels arrives later.";
        "RabbitMQ server source, rabbit_amqqueue_process";
    Q_20, "Q-20":
        "A queue handles deletions first, then expiry, then acknowledgements, then everything else in \
         order of arrival.";
        "RabbitMQ server source, rabbit_amqqueue_process:prioritise_cast";
    ARG_1, "ARG-1":
        "A queue argument with a bad value closes the channel with 406; an integer may have any width.";
        "observed on RabbitMQ 3.10.8";
    ARG_2, "ARG-2":
        "`x-message-ttl` is a number of milliseconds from 0 on; `x-expires` must be at least 1.";
        "observed on RabbitMQ 3.10.8";
    ARG_3, "ARG-3":
        "`x-max-length` and `x-max-length-bytes` must be 0 or more.";
        "observed on RabbitMQ 3.10.8";
    ARG_4, "ARG-4":
        "`x-max-priority` must be between 0 and 255.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_priority_queue";
    ARG_5, "ARG-5":
        "`x-overflow` is `drop-head`, `reject-publish` or `reject-publish-dlx`.";
        "observed on RabbitMQ 3.10.8";
    ARG_6, "ARG-6":
        "`x-single-active-consumer` is true or false.";
        "observed on RabbitMQ 3.10.8";
    ARG_7, "ARG-7":
        "`x-dead-letter-exchange` is a string and need not name an exchange that exists; \
         `x-dead-letter-routing-key` is refused without it.";
        "observed on RabbitMQ 3.10.8";
    ARG_8, "ARG-8":
        "`x-queue-type` must name a type that the server knows; `x-queue-mode` and `x-queue-version` \
         depend on the server's version.";
        "observed on RabbitMQ 3.10.8";
    ARG_9, "ARG-9":
        "An argument that the server knows but the queue's type does not support is refused with 406; an \
         argument nobody knows is ignored.";
        "observed on RabbitMQ 3.10.8";
    ARG_10, "ARG-10":
        "A quorum queue accepts `reject-publish-dlx` and behaves as with `drop-head`.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_quorum_queue:overflow";
    ARG_11, "ARG-11":
        "`x-dead-letter-strategy` is `at-most-once` or `at-least-once`.";
        "observed on RabbitMQ 3.10.8";
    ARG_12, "ARG-12":
        "`x-queue-leader-locator` only chooses where the leader of a queue runs; clients see no \
         difference.";
        "assumed";
    ARG_13, "ARG-13":
        "`x-priority` of a consumer must be an integer, of either sign; arguments nobody knows are \
         ignored.";
        "observed on RabbitMQ 3.10.8";
    POL_1, "POL-1":
        "At most one policy of a user and one of an operator apply to a queue: the matching ones of \
         highest priority.";
        "RabbitMQ docs, policies; RabbitMQ server source, rabbit_policy";
    POL_2, "POL-2":
        "Where argument and policy both bound a classic queue, the smaller number applies; in everything \
         else the argument wins.";
        "RabbitMQ server source, rabbit_amqqueue_process:process_args_policy";
    POL_3, "POL-3":
        "On a quorum queue the smaller number applies too, the dead-letter settings come from the \
         argument, and the overflow behaviour from the policy.";
        "RabbitMQ server source, rabbit_quorum_queue:gather_policy_config";
    POL_4, "POL-4":
        "Between a user's and an operator's policy the smaller number applies, and the operator's word in \
         all else.";
        "RabbitMQ server source, rabbit_policies:merge_policy_value";
    POL_5, "POL-5":
        "A changed policy applies to existing queues at once, but a new time to live only to messages \
         published afterwards.";
        "RabbitMQ server source, rabbit_amqqueue_process:process_args_policy; RabbitMQ docs, priority, \
         consumers";
}
