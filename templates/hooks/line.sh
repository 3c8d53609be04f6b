if command -v vso >/dev/null 2>&1; then vso hook run NAME "$@"; fi
