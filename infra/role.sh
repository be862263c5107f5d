#!/bin/sh
# Runs one role in a container, and holds where no new start mends anything.
#
# A restart policy knows no exit status. With 10, 11 or 12 the ledger does not prove what it claims,
# and a role must not be started again (docs/howto/operate.md#how-a-role-ends). Then this stays,
# without the role: nothing answers any more, the health check fails and RoleDown is raised, until
# somebody stops or restarts the container. Any other end is passed on to the policy.

asked=
running=
trap 'asked=yes; woken=yes; kill -TERM "$running" 2>/dev/null' TERM INT

lianzheng "$@" &
running=$!
if [ "$asked" ]; then kill -TERM "$running"; fi
status=127
while :; do
    woken=
    wait "$running"
    code=$?
    if [ "$code" != 127 ]; then status=$code; fi  # 127: its end was told already.
    if [ -z "$woken" ]; then break; fi  # A signal ends the wait, before or after the role.
done
case $status in
10 | 11 | 12)
    echo "{\"msg\": \"role_held\", \"level\": \"error\", \"exit_code\": $status}" >&2
    until [ "$asked" ]; do sleep 1; done
    ;;
esac
exit "$status"
