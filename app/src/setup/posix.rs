//! The set-up in the language of POSIX shells. bash and zsh hand it to `sh` as a here-document,
//! fish as a quoted string: neither is on a command line.
//!
//! Only tools that every system with curl has. Everything happens in a function, so that a part of
//! the text does nothing, and commands in it do not read the rest of it. An interactive shell may
//! read history into a `!` and completes at a tab: there is none of either.

use domain::posix::quoted;

use super::Setup;

/// What is done, as `sh` reads it.
pub(super) fn script(setup: &Setup) -> String {
    SCRIPT
        .replace("{portal}", &quoted(&setup.portal))
        .replace("{clusters}", &setup.clusters.join(" "))
        .replace("{secret}", &setup.secret)
}

/// In bash and zsh.
pub(super) fn in_bash(script: &str) -> String {
    format!(" sh <<'SHOREPASS'\n{script}SHOREPASS\n")
}

/// In fish, where a backslash and a quote are all that has a meaning between single quotes.
pub(super) fn in_fish(script: &str) -> String {
    let text = script.replace('\\', r"\\").replace('\'', r"\'");
    format!(" printf %s '{text}' | sh\n")
}

/// `view` without `--flatten`: certificates that the person keeps in files stay files, and a file
/// that is missing is no reason to stop. `current-context` is left out of what is added, so that it
/// does not change either.
const SCRIPT: &str = r#"umask 077
portal={portal} folder=$HOME/.shorepass
key() { cat <<'KEY'
Authorization: Bearer {secret}
KEY
}
say() { printf 'shorepass: %s\n' "$@"; }
stop() { say "$@" >&2; exit 1; }
put() { cat "$1" >"$2.$$" && mv -f "$2.$$" "$2" || { rm -f "$2.$$"; stop "$2 cannot be written."; }; }
view() { KUBECONFIG=$1 kubectl config view --raw; }
aside() {
  put "$new" "$folder/kubeconfig.yaml"
  say "$1, so $file is as it was. The new contexts are in $folder/kubeconfig.yaml. Try:"
  echo "  kubectl --kubeconfig $folder/kubeconfig.yaml --context $next get pods"
  exit
}
set_up() {
  command -v curl >/dev/null || stop 'curl is missing: install it, then run this again.'
  answer=$(key | curl -sS --max-time 20 -H @- "$portal/k8stoken?format=kubeconfig") ||
    stop "$portal cannot be asked; curl says why, above. Nothing was changed."
  case $answer in
  'apiVersion: v1
kind: Config
'*) ;;
  login_required) stop "you are not logged in. Nothing was changed: log in at $portal/login, then run this again." ;;
  slow_down | unavailable) stop "$portal says $answer. Nothing was changed: try again in a moment." ;;
  bad_request | key_missing | key_unknown | key_expired | key_revoked | cluster_refused)
    stop "$portal says $answer. Nothing was changed: start again at $portal/" ;;
  *) stop "$portal did not answer as Shorepass does. Nothing was changed." ;;
  esac
  new=$folder/.new.$$
  trap 'rm -f "$new" "$new.key" "$new.old" "$new.all" "$new.ours"' EXIT
  trap 'exit 1' HUP INT TERM
  mkdir -p "$folder" && chmod 700 "$folder" && key >"$new.key" || stop "$folder cannot be written."
  for cluster in {clusters}; do put "$new.key" "$folder/$cluster"; done
  next=$(printf '%s\n' "$answer" | sed -n 's/^current-context: "\(.*\)"$/\1/p')
  printf '%s\n' "$answer" | sed '/^current-context: /d' >"$new"
  file=${KUBECONFIG%%:*}
  [ -n "$file" ] || file=$HOME/.kube/config
  case $file in */*) ;; *) file=./$file ;; esac
  for hop in 1 2 3 4 5 6 7 8; do
    [ -L "$file" ] || break
    link=$(readlink "$file")
    case $link in /*) file=$link ;; *) file=${file%/*}/$link ;; esac
  done
  [ -L "$file" ] && stop "$file is a link that leads nowhere."
  if [ -s "$file" ]; then
    command -v kubectl >/dev/null || aside 'kubectl is missing'
    [ -w "$file" ] && [ -w "${file%/*}" ] || aside "$file cannot be written"
    view "$file" >"$new.old" && view "$file:$new" >"$new.all" && view "$new:$file" >"$new.ours" ||
      aside "kubectl cannot read $file"
    grep -q interactiveMode "$new.all" || aside 'kubectl is older than 1.22'
    cmp -s "$new.ours" "$new.all" || say \
      "entries of these names were in $file already, differ from the portal's, and were kept." \
      "To have the portal's: kubectl config delete-cluster, delete-user or delete-context NAME, then run this again."
    if cmp -s "$new.old" "$new.all"; then
      say "this computer is set up, and $file needed no change. Try:"
    else
      [ -e "$file.before-shorepass" ] || put "$file" "$file.before-shorepass"
      put "$new.all" "$file"
      say "this computer is set up in $file; what it was before is in $file.before-shorepass. Try:"
    fi
  else
    case $KUBECONFIG in *:*) ;; *) printf '%s\n' "$answer" >"$new" ;; esac
    mkdir -p "${file%/*}" || stop "${file%/*} cannot be made."
    put "$new" "$file"
    say "this computer is set up in $file. Try:"
  fi
  echo "  kubectl --context $next get pods"
}
set_up </dev/null
"#;
