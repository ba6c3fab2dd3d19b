#pragma once
// The script that runs on hosts. Its text never changes with what is asked: a verb, a user, and two
// lines of data come on standard input, so nothing of ours is parsed by a shell or seen in a
// process list. No single quotes in it: it is passed to the account's shell within a pair of them.
//
// As root it must not write into a directory that the user owns (a link there would lead
// elsewhere), so the user's files are edited as the user.
//
// What stands before the old key in its line (from="…", command="…", restrict) stands before the
// new one too: a rotation must not give a key more rights than it had.

#include <string_view>

namespace strongroom::connector_kit {

// Exit statuses (sysexits.h).
inline constexpr int kNoUser = 67;
inline constexpr int kNoProgram = 69;
inline constexpr int kNotRoot = 77;

/// Ends the managed lines of authorized_keys.
inline constexpr std::string_view kManaged = "strongroom-managed";

inline constexpr std::string_view kHelper = R"sh(set -eu
LC_ALL=C; PATH=/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH
IFS= read -r verb; IFS= read -r user; IFS= read -r data || data=; IFS= read -r old || old=
[ "$(id -u)" = 0 ] || exit 77
id -u -- "$user" >/dev/null 2>&1 || exit 67
case "$verb" in
exists) exit 0 ;;
inspect) command -v chpasswd >/dev/null && command -v runuser >/dev/null || exit 69 ;;
password) printf "%s:%s\n" "$user" "$data" | chpasswd ;;
hash) printf "%s:%s\n" "$user" "$data" | chpasswd -e ;;
key|only|drop)
  home=$(getent passwd "$user" | cut -d: -f6)
  printf "%s\n%s\n%s\n" "$verb" "$data" "$old" | runuser -u "$user" -- sh -c "
    set -eu; umask 077; IFS= read -r verb; IFS= read -r line; IFS= read -r old || old=
    cd \"\$1\"; mkdir -p .ssh; keys=.ssh/authorized_keys; new=\$keys.strongroom
    touch \$keys
    held() { grep -F -- \"\$1\" \$keys | grep -v \"^[[:space:]]*#\" | head -n 1; }
    if [ \"\$verb\" = drop ]; then
      { grep -v -F -- \"\$line\" \$keys || true; } >\$new
    else
      found=\$(held \"\$line\"); mark=\$line
      if [ -z \"\$found\" ] && [ -n \"\$old\" ]; then found=\$(held \"\$old\"); mark=\$old; fi
      options=\${found%%\"\$mark\"*}; line=\"\$options\$line\"
      { grep -v -x -F -- \"\$line\" \$keys || true; } >\$new
      if [ \"\$verb\" = only ]; then
        { grep -v \" strongroom-managed\$\" \$new || true; } >\$new.2; mv -f \$new.2 \$new
        if [ -n \"\$old\" ]; then
          { grep -v -F -- \"\$old\" \$new || true; } >\$new.2; mv -f \$new.2 \$new
        fi
      fi
      printf \"%s\n\" \"\$line\" >>\$new
    fi
    if cmp -s \$new \$keys; then rm -f \$new; else mv -f \$new \$keys; echo changed; fi
  " sh "$home" ;;
*) exit 64 ;;
esac
)sh";

}  // namespace strongroom::connector_kit
