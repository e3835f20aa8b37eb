# Boots systemd as the first process of its own namespaces, where /etc, /run and /var are of its own and there are no units but those of
# a folder. Usage: boot.sh name-of-a-cgroup folder-with-units program [arguments], such as /lib/systemd/systemd --system
set -e
name=$1 units=$2
shift 2

# Both layouts of cgroups: version 2 alone, or beside version 1. Only the hierarchies in which systemd itself works are shown to it.
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then hierarchies=/sys/fs/cgroup; else hierarchies='/sys/fs/cgroup/systemd /sys/fs/cgroup/unified'; fi
for hierarchy in $hierarchies; do
  mkdir -p "$hierarchy/$name"
  echo $$ >"$hierarchy/$name/cgroup.procs"
done

export units hierarchies
exec unshare --cgroup --pid --mount --uts --ipc --fork --kill-child sh -ec '
  mount --make-rprivate /
  mount -t proc proc /proc
  umount -l /sys/fs/cgroup
  if [ "$hierarchies" = /sys/fs/cgroup ]; then mount -t cgroup2 cgroup2 /sys/fs/cgroup
  else
    mount -t tmpfs tmpfs /sys/fs/cgroup
    mkdir $hierarchies
    mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
    mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
  fi
  mount -t tmpfs tmpfs /run
  mkdir /run/units /run/etc
  cp -r "$units"/. /run/units
  cp -a /etc/. /run/etc
  mount --bind /run/etc /etc
  mount -t tmpfs tmpfs /var
  mkdir /var/log /var/lib /var/tmp
  # Its own messages.
  touch /run/console /dev/console
  mount --bind /run/console /dev/console
  export container=test SYSTEMD_UNIT_PATH=/run/units SYSTEMD_GENERATOR_PATH=/nonexistent
  exec "$@"' sh "$@"
