# Completion of sallyport(1) for bash: options, their values, and hosts as ssh knows them.
_sallyport() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words
  # "=" is a word of its own in COMP_WORDBREAKS.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  case $prev in
    --predict) words='adaptive always never experimental' ;;
    --family) words='inet inet6 auto all prefer-inet prefer-inet6' ;;
    --bind-server) words='ssh any' ;;
    --experimental-remote-ip) words='proxy local remote' ;;
    --client) mapfile -t COMPREPLY < <(compgen -c -- "$cur"); return ;;
    --server | --ssh | --port | -p) return ;;
  esac
  if [[ ${words-} ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    return
  fi
  if [[ $cur == -* ]]; then
    words='-p -a -n -o -4 -6 --port= --ssh= --predict= --predict-overwrite --no-predict-overwrite --family= --server= --client=
      --bind-server= --experimental-remote-ip= --ssh-pty --no-ssh-pty --init --no-init --local --verbose --help --version'
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace
    return
  fi
  ((COMP_CWORD == 1)) && mapfile -t COMPREPLY < <(compgen -W doctor -- "$cur")
  if declare -F _known_hosts_real >/dev/null; then
    local -a found=("${COMPREPLY[@]}")
    COMPREPLY=()
    _known_hosts_real -a -- "$cur"
    COMPREPLY+=("${found[@]}")
  fi
}
complete -F _sallyport sallyport
