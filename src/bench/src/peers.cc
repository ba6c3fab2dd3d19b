#include "peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "strongroom/base/check.h"

namespace strongroom::bench {
namespace {

constexpr int kStartMillis = 60'000;
constexpr int kPollMillis = 2;

bool accepts(const Target& target) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(target.port);
  inet_pton(AF_INET, target.host.c_str(), &address.sin_addr);
  const bool done = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return done;
}

std::string nginx_config(const std::string& directory, const CertificateFiles& certificate,
                         std::uint16_t port) {
  std::ostringstream out;
  // The worker must be able to read the directory, which only we can.
  if (::getuid() == 0) out << "user root;\n";
  out << "daemon off; master_process on; worker_processes 1; pid " << directory << "/nginx.pid;\n"
      << "error_log " << directory << "/nginx.log error;\n"
      << "events { worker_connections 16384; }\n"
      << "http {\n  access_log off; server_tokens off; sendfile on; tcp_nodelay on;\n"
      << "  keepalive_requests 1000000000; keepalive_timeout 600s;\n"
      << "  large_client_header_buffers 4 16k;\n"
      << "  open_file_cache max=10; open_file_cache_valid 600s;\n"
      << "  default_type application/json;\n";
  for (const char* name : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
    out << "  " << name << "_temp_path " << directory << "/" << name << ";\n";
  }
  out << "  server {\n    listen 127.0.0.1:" << port << " ssl; root " << directory << ";\n"
      << "    ssl_certificate " << certificate.chain << "; ssl_certificate_key " << certificate.key
      << "; ssl_protocols TLSv1.3;\n"
      << "    location / { try_files /answer.json =404; error_page 405 =200 /answer.json; }\n  "
         "}\n}\n";
  return out.str();
}

std::string value_of(const std::string& lines, const std::string& name) {
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(name + "=")) return line.substr(name.size() + 1);
  }
  return {};
}

Target target_in(const std::string& endpoint) {
  const std::size_t colon = endpoint.rfind(':');
  if (colon == std::string::npos) return {};
  return {endpoint.substr(0, colon),
          static_cast<std::uint16_t>(number_in(endpoint.substr(colon + 1)))};
}

}  // namespace

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  SR_CHECK(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  SR_CHECK(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(fd);
  return ntohs(address.sin_port);
}

Result<Nginx> Nginx::start(const std::string& directory, const CertificateFiles& certificate,
                           std::size_t body_bytes, int cpu) {
  std::filesystem::create_directories(directory);
  Nginx nginx;
  nginx.target_.port = free_port();
  write_file(directory + "/answer.json", std::string(body_bytes, 'x'));
  write_file(directory + "/nginx.conf", nginx_config(directory, certificate, nginx.target_.port));
  SR_TRY(nginx.master_,
         Process::start({.arguments = {"nginx", "-p", directory, "-e", directory + "/nginx.log",
                                       "-c", directory + "/nginx.conf"},
                         .log_file = directory + "/nginx.out",
                         .cpu = cpu}));
  for (int waited = 0; waited < kStartMillis && nginx.master_.running(); waited += kPollMillis) {
    const pid_t worker = nginx.master_.child();
    if (worker != 0 && accepts(nginx.target_)) {
      nginx.worker_ = Process::watch(worker);
      return nginx;
    }
    sleep_ms(kPollMillis);
  }
  return fail(ErrorKind::kUnavailable, "NginxFailed",
              "nginx does not start: " + read_file(directory + "/nginx.out"));
}

Result<Strongroomd> Strongroomd::start(const Options& options) {
  const std::string env_file = options.data_directory + ".env";
  const std::string log_file = options.data_directory + ".log";
  std::filesystem::remove(env_file);
  Command command{.arguments = {options.program, "dev", "--quiet", "--env-file", env_file,
                                "--listen", "127.0.0.1:0", "--data", options.data_directory},
                  .environment = options.environment,
                  .log_file = log_file,
                  .cpu = options.cpu};
  command.environment.push_back("STRONGROOM_IO_THREADS=1");
  Strongroomd server;
  SR_TRY(server.process_, Process::start(command));
  for (int waited = 0; waited < kStartMillis && server.process_.running(); waited += kPollMillis) {
    if (!std::filesystem::exists(env_file)) {
      sleep_ms(kPollMillis);
      continue;
    }
    const std::string lines = read_file(env_file);
    server.target_ = target_in(value_of(lines, "STRONGROOM_ENDPOINT"));
    server.instance_target_ = target_in(value_of(lines, "STRONGROOM_INSTANCE_ENDPOINT"));
    server.instance_id_ = value_of(lines, "STRONGROOM_INSTANCE_ID");
    server.ca_file_ = value_of(lines, "STRONGROOM_CA_FILE");
    const auto account = AccountId::parse(value_of(lines, "STRONGROOM_ACCOUNT_ID"));
    if (!account)
      return fail(ErrorKind::kUnavailable, "ServerFailed", "the server names no account");
    server.account_ = *account;
    server.key_id_ = value_of(lines, "ALIBABA_CLOUD_ACCESS_KEY_ID");
    server.key_secret_ = value_of(lines, "ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    return server;
  }
  return fail(ErrorKind::kUnavailable, "ServerFailed",
              "strongroomd does not start: " + read_file(log_file));
}

}  // namespace strongroom::bench
