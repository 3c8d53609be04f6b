#!/bin/sh
# Refuses what GitHub refuses for one ref of a push. What is protected comes in the environment, one ref a line, because
# only the hub knows it. $1 is the ref, $2 its old and $3 its new commit.
zero=0000000000000000000000000000000000000000

is_listed() {
	case "
$2
" in
	*"
$1
"*) return 0 ;;
	esac
	return 1
}

refuse() {
	echo "error: $1" >&2
	exit 1
}

if is_listed "$1" "$FAKEHUB_NO_PUSH"; then
	refuse "GH006: Protected branch update failed for $1. Changes must be made through a pull request."
fi
if [ "$3" = "$zero" ]; then
	if is_listed "$1" "$FAKEHUB_NO_DELETION"; then
		refuse "GH006: Protected branch update failed for $1. Cannot delete this branch"
	fi
	exit 0
fi
if [ "$2" != "$zero" ] && is_listed "$1" "$FAKEHUB_NO_FORCE"; then
	git merge-base --is-ancestor "$2" "$3" ||
		refuse "GH006: Protected branch update failed for $1. Cannot force-push to this branch"
fi
if [ -n "$FAKEHUB_NO_WORKFLOWS" ]; then
	# What the pushed commits change themselves: what the hub has already may carry workflows.
	changed=$(git log --format= --name-only --diff-merges=first-parent "$3" --not --branches --tags -- .github/workflows | head -n 1)
	if [ -n "$changed" ]; then
		refuse "refusing to allow a GitHub App to create or update workflow \`$changed\` without \`workflows\` permission"
	fi
fi
exit 0
