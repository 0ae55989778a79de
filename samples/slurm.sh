#!/bin/bash
# Runs a fleet in four parts as a Slurm job array: sbatch slurm.sh fleet.csv
#
# Every node needs certfleet, and the folder from which this is submitted. To go on with what a time limit cut off,
# submit it again: a part whose run directory is there is resumed.
#SBATCH --job-name=certfleet
#SBATCH --array=1-4
#SBATCH --cpus-per-task=2
#SBATCH --mem=512M
#SBATCH --time=04:00:00
# Two minutes before the time is over the run is asked to end, so that nothing is cut off in the middle.
#SBATCH --signal=B:TERM@120
#SBATCH --output=certfleet-%a.log
set -eu
part=$SLURM_ARRAY_TASK_ID
flags=(--shard "$part/$SLURM_ARRAY_TASK_COUNT" --out "part-$part" --progress never)
if [[ -e part-$part/ledger.jsonl ]]; then flags+=(--resume); fi
exec certfleet run "$1" "${flags[@]}"
