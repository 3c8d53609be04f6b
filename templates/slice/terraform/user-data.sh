#!/usr/bin/env bash
# Installs {{ slice.name | comment }} and starts it as a systemd unit. cloud-init runs this once; running it again
# repairs what is missing and leaves the rest.
#
# Terraform reads this file as a template: every value below becomes one word in single quotes (main.tf, user_data_words).
# So shell variables are written without braces here.
set -euo pipefail

SLICE_ID=${WORD_SLICE_ID}
REPOSITORY=${WORD_REPOSITORY}
REFERENCE=${WORD_REFERENCE}
SLICE_FOLDER=${WORD_SLICE_FOLDER}
START_COMMAND=${WORD_START_COMMAND}
PORT=${WORD_PORT}
VOLUME_DEVICE=${WORD_VOLUME_DEVICE}
readonly SLICE_ID REPOSITORY REFERENCE SLICE_FOLDER START_COMMAND PORT VOLUME_DEVICE

readonly HOME_DIRECTORY="/opt/$SLICE_ID"
readonly DATA_DIRECTORY="/var/lib/$SLICE_ID"
export DEBIAN_FRONTEND=noninteractive

# At first boot the package lists may be locked or a mirror slow: try for about five minutes.
attempt() {
  local try
  for try in 1 2 3 4 5; do
    if "$@"; then
      return 0
    fi
    echo "try $try of 5 failed: $*" >&2
    sleep "$((try * 20))"
  done
  return 1
}

install_packages() {
  attempt apt-get update -q
  attempt apt-get install -q -y --no-install-recommends ca-certificates git python3 python3-venv
}

make_user() {
  if ! id "$SLICE_ID" >/dev/null 2>&1; then
    useradd --system --home-dir "$DATA_DIRECTORY" --shell /usr/sbin/nologin "$SLICE_ID"
  fi
}

# The volume is attached after the server has started.
mount_volume() {
  mkdir -p "$DATA_DIRECTORY"
  if [ -n "$VOLUME_DEVICE" ]; then
    for _ in $(seq 60); do
      [ -e "$VOLUME_DEVICE" ] && break
      sleep 5
    done
    if ! grep -qF "$VOLUME_DEVICE " /etc/fstab; then
      printf '%s %s ext4 discard,nofail,nodev,nosuid 0 2\n' "$VOLUME_DEVICE" "$DATA_DIRECTORY" >>/etc/fstab
    fi
    mountpoint -q "$DATA_DIRECTORY" || mount "$DATA_DIRECTORY"
  fi
  chown "$SLICE_ID:" "$DATA_DIRECTORY"
  chmod 0750 "$DATA_DIRECTORY"
}

check_out() {
  mkdir -p "$HOME_DIRECTORY"
  if [ ! -d "$HOME_DIRECTORY/source/.git" ]; then
    git init -q "$HOME_DIRECTORY/source"
  fi
  attempt git -C "$HOME_DIRECTORY/source" fetch -q --depth 1 -- "$REPOSITORY" "$REFERENCE"
  git -C "$HOME_DIRECTORY/source" checkout -q --force --detach FETCH_HEAD
  git -C "$HOME_DIRECTORY/source" rev-parse HEAD >"$HOME_DIRECTORY/commit"
}

install_slice() {
  local folder="$HOME_DIRECTORY/source/$SLICE_FOLDER"
  [ -x "$HOME_DIRECTORY/venv/bin/python" ] || python3 -m venv "$HOME_DIRECTORY/venv"
  if [ -f "$folder/requirements.txt" ]; then
    attempt "$HOME_DIRECTORY/venv/bin/pip" install -q --disable-pip-version-check -r "$folder/requirements.txt"
  fi
  printf '#!/usr/bin/env bash\nset -euo pipefail\ncd %q\n%s\n' "$folder" "$START_COMMAND" >"$HOME_DIRECTORY/start"
  chmod 0755 "$HOME_DIRECTORY/start"
}

# Secrets come from /etc/SLICE_ID.env, which a deployment puts there with mode 0600; it may be missing.
write_unit() {
  cat >"/etc/systemd/system/$SLICE_ID.service" <<UNIT
[Unit]
Description=Slice $SLICE_ID
After=network-online.target
Wants=network-online.target

[Service]
User=$SLICE_ID
Environment=PATH=$HOME_DIRECTORY/venv/bin:/usr/local/bin:/usr/bin:/bin
Environment=PORT=$PORT
Environment=DATA_DIRECTORY=$DATA_DIRECTORY
EnvironmentFile=-/etc/$SLICE_ID.env
ExecStart=$HOME_DIRECTORY/start
Restart=on-failure
RestartSec=2
UMask=0077
ReadWritePaths=$DATA_DIRECTORY
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
NoNewPrivileges=yes
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
CapabilityBoundingSet=
SystemCallArchitectures=native
SystemCallFilter=@system-service

[Install]
WantedBy=multi-user.target
UNIT
  systemctl daemon-reload
  systemctl enable "$SLICE_ID.service"
  systemctl restart "$SLICE_ID.service"
}

install_packages
make_user
mount_volume
check_out
install_slice
write_unit
