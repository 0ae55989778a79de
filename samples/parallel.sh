#!/bin/sh
# Runs a fleet in parts, on several machines at once, by GNU parallel over ssh, and brings back the run directory of
# each part: part-1, part-2 and so on, beside the input, and a report of all. Every machine needs certfleet and rsync; a
# secret that the input names as env:NAME or file:PATH has to be there as well.
#
# usage: parallel.sh INPUT PARTS MACHINE[,MACHINE]...      a machine as ssh names it; ':' is this one
set -eu
cd "$(dirname "$1")"
input=$(basename "$1") parts=$2 machines=$3
rm -f parts.log
# A shell that every machine has, also where no SHELL is set, as for a scheduler's jobs.
export PARALLEL_SHELL=/bin/sh

seq "$parts" | parallel --quote --jobs 1 --sshlogin "$machines" --basefile "$input" --return 'part-{}' --joblog parts.log \
    certfleet run "$input" --shard "{}/$parts" --out 'part-{}' --progress never ||
    echo "parallel.sh: not every part ended with 0; its exit code stands in parts.log" >&2

rm -f report.html
certfleet report -o report.html part-* || true

# The highest exit code of a part is that of the whole; 9 says that no PBX falls to a part. A part that left no result
# did not run, whatever its exit code says.
awk 'NR > 1 && $7 != 9 { code = $7 == 0 && system("test -d part-" $1) ? 1 : $7; if (code > highest) highest = code }
    END { exit NR > 1 ? highest : 1 }' parts.log
