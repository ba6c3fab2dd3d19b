#pragma once
// A real server on loopback for as long as the object lives (tests/support/throwaway.py). Tests
// that use it need simdjson in TEST_THIRD_PARTY.

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <simdjson.h>

#include "strongroom/connector/job.h"
#include "strongroom/test/reveal.h"

namespace strongroom::test {

class Throwaway {
 public:
  /// "mariadb", "postgres", "redis", "sshd", "swtpm". Throws, and so fails the test, if it does not
  /// start.
  explicit Throwaway(const std::string& kind) {
    const std::string script = std::string(STRONGROOM_VECTORS_DIR) + "/../support/throwaway.py";
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0)
      throw std::runtime_error("pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    std::array<std::string, 3> words = {"python3", script, kind};
    std::array<char*, 4> arguments = {words[0].data(), words[1].data(), words[2].data(), nullptr};
    const int failed = posix_spawnp(&pid_, "python3", &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    stop_ = in[1];
    if (failed != 0) throw std::runtime_error("python3 cannot be started");
    read_facts(out[0], kind);
    close(out[0]);
  }

  ~Throwaway() {
    close(stop_);
    int status = 0;
    if (pid_ > 0) waitpid(pid_, &status, 0);
  }
  Throwaway(const Throwaway&) = delete;
  Throwaway& operator=(const Throwaway&) = delete;

  /// A fact that throwaway.py printed, as text.
  std::string fact(std::string_view name) const {
    std::string_view text;
    std::int64_t number = 0;
    if (facts_[name].get_string().get(text) == simdjson::SUCCESS) return std::string(text);
    if (facts_[name].get_int64().get(number) == simdjson::SUCCESS) return std::to_string(number);
    throw std::runtime_error("no fact " + std::string(name));
  }

  /// Everything that the server has logged.
  std::string logged() const {
    std::string all;
    for (const simdjson::dom::element path : facts_["logs"].get_array()) {
      std::ifstream file(std::string(path.get_string().value()), std::ios::binary);
      all.append(std::istreambuf_iterator<char>(file), {});
    }
    return all;
  }

  connector::Target target() const {
    connector::Target target;
    target.name = "rm-test";
    target.address = fact("host") + ":" + fact("port");
    target.tls_roots = fact("ca");
    return target;
  }
  connector::Credential admin() const {
    return {fact("admin"), "", test::secret(fact("password"))};
  }

 private:
  void read_facts(int descriptor, const std::string& kind) {
    std::string line;
    std::array<char, 4'096> piece{};
    while (line.find('\n') == std::string::npos) {
      const ssize_t got = read(descriptor, piece.data(), piece.size());
      if (got <= 0) throw std::runtime_error(kind + " did not start");
      line.append(piece.data(), static_cast<std::size_t>(got));
    }
    facts_ = parser_.parse(line);
  }

  simdjson::dom::parser parser_;
  simdjson::dom::element facts_;
  pid_t pid_ = -1;
  int stop_ = -1;
};

}  // namespace strongroom::test
