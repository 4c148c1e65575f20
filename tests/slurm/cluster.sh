#!/usr/bin/env bash
# A real Slurm of two nodes (or SLURM_TEST_NODES) on this machine, for tests: munged, slurmctld and a slurmd a node with
# keys, ports and files of their own in DIR. Needs Debian's slurmctld, slurmd, slurm-client and munge, and root. Ends with its standard input.
#   cluster.sh DIR    prints "ready" when all nodes are idle; then SLURM_CONF=DIR/slurm.conf reaches it
set -eu
dir=$1
host=$(hostname -s)
count=${SLURM_TEST_NODES:-2}
port=${SLURM_TEST_PORT:-26817}
mkdir -p "$dir"/{state,log}
dd if=/dev/urandom of="$dir/munge.key" bs=1024 count=1 2>/dev/null
chmod 600 "$dir/munge.key"

# cred_expire: a job that is queued again waits until its credential has expired, two minutes by default.
cat >"$dir/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
AuthType=auth/munge
AuthInfo=socket=$dir/munge.sock,cred_expire=5
SlurmUser=root
SlurmdUser=root
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.%n.pid
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool.%n
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.%n.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,batch_sched_delay=0
ReturnToService=2
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
JobRequeue=1
MinJobAge=300
PartitionName=main Nodes=n[1-$count] Default=YES MaxTime=INFINITE State=UP
CONF
for ((n = 1; n <= count; n++)); do
  echo "NodeName=n$n NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + n)) CPUs=1 State=UNKNOWN" >>"$dir/slurm.conf"
done

pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait' EXIT
munged --foreground --force --key-file="$dir/munge.key" --socket="$dir/munge.sock" --pid-file="$dir/munged.pid" \
  --log-file="$dir/log/munged.log" --seed-file="$dir/munge.seed" >"$dir/log/munged.out" 2>&1 &
pids+=($!)
while [ ! -S "$dir/munge.sock" ]; do sleep 0.1; done
slurmctld -D -f "$dir/slurm.conf" >"$dir/log/slurmctld.out" 2>&1 &
pids+=($!)
for ((n = 1; n <= count; n++)); do
  slurmd -D -N "n$n" -f "$dir/slurm.conf" >"$dir/log/n$n.out" 2>&1 &
  pids+=($!)
done
export SLURM_CONF=$dir/slurm.conf
until [ "$(sinfo --noheader --Node --states=idle 2>/dev/null | wc -l)" -eq "$count" ]; do sleep 0.2; done
echo ready
# Until whoever started it is gone or has enough.
cat >/dev/null
