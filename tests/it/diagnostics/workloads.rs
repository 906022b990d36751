//! What is drawn about messages, when they come, and who works on them how.

#![expect(clippy::needless_raw_string_hashes, reason = "the expected texts are written by a tool")]

use expect_test::expect;

use super::says;

#[test]
fn keys_without_a_place_for_their_number() {
    says(
        r#"[[producer]]
name = "books"
interarrival = "1s"
routing-keys = { pattern = "q", count = 3 }
"#,
        expect![[r#"
            error[malformed-keys]: `routing-keys` of producer `books` is a list, or a `pattern` with `{key}` in it and a `count` up to 1000000
             --> scenarios/orders.toml:4:16
              |
            4 | routing-keys = { pattern = "q", count = 3 }
              |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: for example `routing-keys = { pattern = "user-{key}", count = 1000 }`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn heavy_keys_without_keys() {
    says(
        r#"[[producer]]
name = "books"
interarrival = "1s"
routing-key = "orders"
zipf = 1.1
"#,
        expect![[r#"
            error[missing-key]: producer `books` has `zipf`, but neither `routing-keys` nor `messages`
             --> scenarios/orders.toml:5:1
              |
            5 | zipf = 1.1
              | ^^^^
              |
              = help: add `routing-keys = { pattern = "user-{key}", count = 1000 }`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn probabilities_and_exponents_that_are_none() {
    says(
        r#"[[class]]
name = "rare"
probability = 1.5
[[class]]
name = "rarer"
probability = 0.0000000001
[[producer]]
name = "books"
interarrival = "1s"
routing-keys = ["orders", "orders"]
zipf = -1
"#,
        expect![[r#"
            error[number-out-of-range]: `probability` of class `rare` must be between 0 and 1, got 1.5
             --> scenarios/orders.toml:3:15
              |
            3 | probability = 1.5
              |               ^^^

            error[quantity-too-precise]: `probability` of class `rarer` has at most nine decimals, got 0.0000000001
             --> scenarios/orders.toml:6:15
              |
            6 | probability = 0.0000000001
              |               ^^^^^^^^^^^^

            error[negative-quantity]: `zipf` of producer `books` must be 0 or more, got -1
              --> scenarios/orders.toml:11:8
               |
            11 | zipf = -1
               |        ^^

            3 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_size_for_a_class_that_is_not_declared() {
    says(
        r#"[[producer]]
name = "books"
interarrival = "1s"
routing-key = "orders"
message-size-by-class = { big = "5B" }
message-size = { uniform = ["5GiB", "6GiB"] }
"#,
        expect![[r#"
            error[unknown-class]: producer `books` has a message size for class `big`, which is not declared
             --> scenarios/orders.toml:5:27
              |
            5 | message-size-by-class = { big = "5B" }
              |                           ^^^
              |
              = note: no class is declared

            error[quantity-too-large]: a message of producer `books` has 5368709120 bytes
             --> scenarios/orders.toml:6:16
              |
            6 | message-size = { uniform = ["5GiB", "6GiB"] }
              |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = note: a message has at most 4294967295 bytes

            2 errors in scenarios/orders.toml
        "#]],
    );
}
