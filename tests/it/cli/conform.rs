//! `amqpsim conform`: a line for each script, the first difference, the files of `--out`, and what is said of a broken script.

use std::fs;
use std::path::Path;

use super::{amqpsim, directory, err, file, out};

/// A conversation with the answers of a broker, right but for `COUNT`.
const HELLO: &str = r#"{
  "name": "hello",
  "about": "A queue is empty at first.",
  "tags": ["queue"],
  "broker": "rabbitmq 3.10.8",
  "steps": [
    {"do": "connection.open", "conn": "A", "saw": [
      {"got": "connection.open-ok", "conn": "A"}
    ]},
    {"do": "channel.open", "conn": "A", "ch": "a1", "saw": [
      {"got": "channel.open-ok", "ch": "a1"}
    ]},
    {"do": "queue.declare", "ch": "a1", "queue": "q", "saw": [
      {"got": "queue.declare-ok", "ch": "a1", "queue": "q", "message_count": COUNT, "consumer_count": 0}
    ]},
    {"do": "basic.publish", "ch": "a1", "routing_key": "q", "body": "hello", "saw": []}
  ]
}
"#;

fn right() -> String {
    HELLO.replace("COUNT", "0")
}

fn wrong() -> String {
    HELLO.replace("COUNT", "7")
}

#[test]
fn scripts_that_get_the_recorded_answers_exit_with_0() {
    let directory = directory("conform-same");
    let one = file(&directory, "one.json", right().as_bytes());
    let two = file(&directory, "two.json", right().as_bytes());
    let output = amqpsim(&["conform", &one, &two]);
    assert_eq!(out(&output), format!("same       {one}\nsame       {two}\n2 same\n"));
    assert_eq!((output.status.code(), err(&output)), (Some(0), ""));
}

#[test]
fn the_first_step_that_differs_is_a_small_diff_and_exits_with_1() {
    let directory = directory("conform-different");
    let same = file(&directory, "same.json", right().as_bytes());
    // The last step differs, too; only the first one is shown.
    let text = wrong().replace("\"saw\": []", "\"saw\": [{\"got\": \"closed\", \"conn\": \"A\"}]");
    let different = file(&directory, "different.json", text.as_bytes());
    let output = amqpsim(&["conform", &different, &same]);
    assert_eq!(
        out(&output),
        format!(
            r#"different  {different}
hello: step 3 differs (- recorded, + simulated)
  {{"do": "queue.declare", "ch": "a1", "queue": "q"}}
    - {{"got": "queue.declare-ok", "ch": "a1", "queue": "q", "message_count": 7, "consumer_count": 0}}
    + {{"got": "queue.declare-ok", "ch": "a1", "queue": "q", "message_count": 0, "consumer_count": 0}}
same       {same}
1 same, 1 different
"#
        )
    );
    assert_eq!((output.status.code(), err(&output)), (Some(1), ""));
}

#[test]
fn each_script_is_written_as_simulated_under_its_own_name() {
    let directory = directory("conform-out");
    let never_recorded = right().replace(", \"saw\": []", "");
    let scripts = [("wrong.json", wrong()), ("right.json", right()), ("never-recorded.json", never_recorded)];
    let paths = scripts.clone().map(|(name, text)| file(&directory, name, text.as_bytes()));
    let played = directory.join("new/played");
    let played = played.to_str().unwrap();
    let output = amqpsim(&["conform", "--out", played, &paths[0], &paths[1], &paths[2]]);
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    assert!(out(&output).ends_with("2 same, 1 different\n"), "{}", out(&output));
    for (name, _) in &scripts {
        assert_eq!(fs::read_to_string(Path::new(played).join(name)).unwrap(), right(), "{name}");
    }
    assert_eq!(fs::read_dir(played).unwrap().count(), scripts.len());
    assert_eq!(fs::read_to_string(&paths[0]).unwrap(), wrong(), "the script itself is left alone");
}

#[test]
fn a_directory_that_cannot_be_written_exits_with_3() {
    let directory = directory("conform-unwritable");
    let script = file(&directory, "hello.json", right().as_bytes());
    let output = amqpsim(&["conform", &script, "--out", "/dev/null/played"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        err(&output).starts_with("error[cannot-write]: cannot write /dev/null/played: "),
        "{}",
        err(&output)
    );
}

#[test]
fn a_command_without_a_script_exits_with_2() {
    let output = amqpsim(&["conform"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("<SCRIPT>"), "{}", err(&output));
}

#[test]
fn a_script_that_cannot_be_read_does_not_keep_the_others_from_being_played() {
    let directory = directory("conform-unreadable");
    let script = file(&directory, "hello.json", right().as_bytes());
    let absent = directory.join("absent.json");
    let absent = absent.to_str().unwrap();
    let output = amqpsim(&["conform", absent, directory.to_str().unwrap(), &script]);
    assert_eq!(out(&output), format!("same       {script}\n1 same, 2 cannot be played\n"));
    assert_eq!(
        err(&output),
        format!(
            "error[unreadable-file]: cannot read {absent}: there is no such file or directory\n\
             error[unreadable-file]: cannot read {}: it is a directory\n",
            directory.display()
        )
    );
    assert_eq!(output.status.code(), Some(2));
}

/// What stderr says of a script with these steps behind the opening of connection `A` with channel `a1`; the file's
/// name is taken out.
fn said_of(steps: &str) -> (Option<i32>, String) {
    let head = r#"{"do": "connection.open", "conn": "A"}, {"do": "channel.open", "conn": "A", "ch": "a1"}"#;
    said_of_file(&format!(r#"{{"name": "n", "steps": [{head}, {steps}]}}"#))
}

fn said_of_file(text: &str) -> (Option<i32>, String) {
    let name = format!("conform-broken-{:?}", std::thread::current().id());
    let script = file(&directory(&name), "broken.json", text.as_bytes());
    let output = amqpsim(&["conform", &script]);
    (output.status.code(), err(&output).replace(&script, "FILE"))
}

#[test]
fn a_broken_step_is_named_with_file_number_and_what_was_expected() {
    for (step, expected) in [
        (r#"{"ch": "a1"}"#, "step 3: the key `do` is missing"),
        (r#"{"do": 3}"#, "step 3: `do` must be the name of an action, got 3"),
        (r#""wait""#, r#"step 3: expected an object, got "wait""#),
        (
            r#"{"do": "basic.pubish", "ch": "a1"}"#,
            "step 3: there is no action `basic.pubish`; did you mean `basic.publish`?",
        ),
        (
            r#"{"do": "reboot"}"#,
            "step 3: there is no action `reboot`; the actions are `connection.open`, `connection.close`, \
             `connection.drop`, `channel.open`, `channel.close`, `channel.flow`, `exchange.declare`, \
             `exchange.delete`, `exchange.bind`, `exchange.unbind`, `queue.declare`, `queue.bind`, `queue.unbind`, \
             `queue.purge`, `queue.delete`, `basic.qos`, `basic.consume`, `basic.cancel`, `basic.publish`, \
             `basic.get`, `basic.ack`, `basic.nack`, `basic.reject`, `basic.recover`, `confirm.select`, `tx.select`, \
             `tx.commit`, `tx.rollback`, `wait`, `broker.restart`, `broker.kill`",
        ),
        (
            r#"{"do": "basic.get", "ch": "a1", "queue": "q", "no-ack": true}"#,
            "step 3 (basic.get): there is no key `no-ack` here; did you mean `no_ack`?",
        ),
        (
            r#"{"do": "tx.select", "ch": "a1", "now": true}"#,
            "step 3 (tx.select): there is no key `now` here; the keys are `ch`",
        ),
        (r#"{"do": "basic.get", "ch": "a1"}"#, "step 3 (basic.get): the key `queue` is missing"),
        (r#"{"do": "tx.select"}"#, "step 3 (tx.select): the key `ch` is missing"),
        (r#"{"do": "wait"}"#, "step 3 (wait): the key `ms` is missing"),
        (r#"{"do": "wait", "ms": 1.5}"#, "step 3 (wait): `ms` must be an integer that is 0 or more, got 1.5"),
        (
            r#"{"do": "queue.declare", "ch": "a1", "queue": "q", "durable": 1}"#,
            "step 3 (queue.declare): `durable` must be true or false, got 1",
        ),
        (
            r#"{"do": "queue.declare", "ch": "a1", "queue": ["q"]}"#,
            r#"step 3 (queue.declare): `queue` must be a string of at most 255 bytes, got ["q"]"#,
        ),
        (
            r#"{"do": "queue.declare", "ch": "a1", "queue": "q", "arguments": 5}"#,
            "step 3 (queue.declare): `arguments` must be an object, got 5",
        ),
        (
            r#"{"do": "basic.publish", "ch": "a1", "properties": {"priority": 256}}"#,
            "step 3 (basic.publish): `properties.priority` must be an integer from 0 to 255, got 256",
        ),
        (
            r#"{"do": "basic.publish", "ch": "a1", "properties": {"priorty": 1}}"#,
            "step 3 (basic.publish): there is no key `properties.priorty` here; did you mean `priority`?",
        ),
        (
            r#"{"do": "basic.publish", "ch": "a1", "body": {"a": 1}}"#,
            r#"step 3 (basic.publish): `body` must be a string, got {"a":1}"#,
        ),
        (
            r#"{"do": "basic.get", "ch": "a1", "queue": "$Q"}"#,
            "step 3 (basic.get): no earlier step made `$Q`",
        ),
        (
            r#"{"do": "connection.open", "conn": "A"}"#,
            "step 3 (connection.open): connection `A` is open already",
        ),
        (
            r#"{"do": "queue.declare", "ch": "a1", "queue": "q", "saw": [{"got": "queue.declared-ok", "ch": "a1"}]}"#,
            "step 3 (queue.declare): there is no answer `queue.declared-ok`; did you mean `queue.declare-ok`?",
        ),
        (
            r#"{"do": "basic.get", "ch": "zz", "queue": "q"}"#,
            "step 3 (basic.get): no step opens the channel `zz`",
        ),
        (r#"{"do": "wait", "ms": 1, "saw": {}}"#, "step 3 (wait): `saw` must be a list of objects, got {}"),
    ] {
        assert_eq!(said_of(step), (Some(2), format!("error[bad-script]: FILE: {expected}\n")));
    }
}

#[test]
fn a_broken_head_is_named_with_its_key() {
    for (text, expected) in [
        ("", "not JSON: EOF while parsing a value at line 1 column 0"),
        ("{\"steps\": [}", "not JSON: expected value at line 1 column 12"),
        (
            r#"{"steps": [], "steps": [{"do": "wait", "ms": 1}]}"#,
            "not JSON: the key `steps` stands twice in one object at line 1 column 21",
        ),
        ("[]", "expected an object, got []"),
        (r#"{"name": "n"}"#, "the key `steps` is missing"),
        (r#"{"steps": {}}"#, "`steps` must be a list of steps, got {}"),
        (r#"{"name": 1, "steps": []}"#, "`name` must be a string, got 1"),
        (r#"{"broked": "x", "steps": []}"#, "there is no key `broked` here; did you mean `broker`?"),
        (
            r#"{"broker": "rabbitmq 2.0.0", "steps": []}"#,
            "there is no profile for the broker `rabbitmq 2.0.0`; \
             the profiles are `rabbitmq-3.10`, `rabbitmq-3.13`, `rabbitmq-4.0`, `rabbitmq-4.3`",
        ),
    ] {
        assert_eq!(said_of_file(text), (Some(2), format!("error[bad-script]: FILE: {expected}\n")), "{text}");
    }
}

#[test]
fn a_name_that_no_step_opens_is_a_warning_because_what_is_closed_records_nothing() {
    assert_eq!(
        said_of(r#"{"do": "tx.select", "ch": "a2", "saw": []}, {"do": "connection.close", "conn": "B", "saw": []}"#),
        (
            Some(0),
            "warning[never-opened]: FILE: step 3 (tx.select): no step opens the channel `a2`; did you mean `a1`?\n\
             warning[never-opened]: FILE: step 4 (connection.close): no step opens the connection `B`; \
             did you mean `A`?\n"
                .to_owned()
        )
    );
}

#[test]
fn a_script_without_recorded_answers_is_not_the_same() {
    let directory = directory("conform-unrecorded");
    let text = r#"{"steps": [{"do": "connection.open", "conn": "A"}]}"#;
    let script = file(&directory, "new.json", text.as_bytes());
    let output = amqpsim(&["conform", &script]);
    assert_eq!(out(&output), format!("nothing recorded  {script}\n0 same, 1 nothing recorded\n"));
    assert_eq!((output.status.code(), err(&output)), (Some(1), ""));
}

#[test]
fn no_script_is_written_over() {
    let directory = directory("conform-overwritten");
    let script = file(&directory, "hello.json", wrong().as_bytes());
    let out_directory = directory.to_str().unwrap();
    let output = amqpsim(&["conform", &script, "--out", out_directory]);
    assert_eq!(output.status.code(), Some(2));
    let expected =
        format!("error[script-overwritten]: --out {out_directory} would write over the script {script}\n");
    assert!(err(&output).starts_with(&expected), "{}", err(&output));
    assert_eq!(fs::read_to_string(&script).unwrap(), wrong());

    let other = directory.join("other");
    fs::create_dir_all(&other).unwrap();
    let twin = file(&other, "hello.json", right().as_bytes());
    let played = directory.join("played");
    let output = amqpsim(&["conform", &script, &twin, "--out", played.to_str().unwrap()]);
    assert_eq!((output.status.code(), out(&output)), (Some(2), ""));
    let expected = format!("error[same-file-name]: {script} and {twin} would both be written to ");
    assert!(err(&output).starts_with(&expected), "{}", err(&output));
    assert!(!played.exists());
}
