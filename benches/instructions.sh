#!/usr/bin/env bash
# Instructions a message of the workloads in this directory: those of a run with 60,000 messages less those of one with
# 20,000, by callgrind, divided by 40,000; five times as many for the thousand queues, where each gets its memory first. Needs
# valgrind. The same program gives the same numbers on any processor.
# Usage: benches/instructions.sh [WORKLOAD ...]; AMQPSIM names the program, a release build by default.
set -euo pipefail
cd "$(dirname "$0")/.."
program=${AMQPSIM:-${CARGO_TARGET_DIR:-target}/release/amqpsim}
if [ $# -eq 0 ]; then set -- w1 w2 w3 features; fi

instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" run "benches/$1.toml" \
        --set "producer.*.count=$2" --no-out --quiet --jobs 1 2>&1 >/dev/null | awk '/Collected/ { print $4 }'
}

for workload in "$@"; do
    # Messages of each producer.
    few=20000 many=60000 producers=1
    if [ "$workload" = w3 ]; then few=100 many=300 producers=1000; fi
    fewer=$(instructions "$workload" "$few")
    more=$(instructions "$workload" "$many")
    printf '%-10s %6d instructions a message\n' "$workload" $(((more - fewer) / (producers * (many - few))))
done
