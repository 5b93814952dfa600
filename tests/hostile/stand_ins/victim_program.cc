// The program of a live session with an evil compartment: takes its terminal raw, asks questions, and writes down every
// byte that comes, until the terminal hangs up. Usage: victim_program FOLDER
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <string>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  std::signal(SIGHUP, SIG_IGN);
  termios raw{};
  ::tcgetattr(0, &raw);
  ::cfmakeraw(&raw);
  ::tcsetattr(0, TCSANOW, &raw);
  ::fcntl(1, F_SETFL, O_NONBLOCK);
  std::ofstream seen(folder + "/seen", std::ios::binary);
  std::ofstream(folder + "/raw") << "yes";
  long questions = 0;
  for (;;) {
    if (questions < 400 && ::write(1, "\033[6n", 4) == 4) ++questions;
    pollfd wait{0, POLLIN, 0};
    (void)::poll(&wait, 1, 5);
    if (wait.revents == 0) continue;
    std::array<char, 4096> buffer;
    const ssize_t n = ::read(0, buffer.data(), buffer.size());
    if (n <= 0) break;
    seen.write(buffer.data(), n);
  }
  seen.flush();
  std::ofstream(folder + "/questions.part") << questions;
  return ::rename((folder + "/questions.part").c_str(), (folder + "/questions").c_str());
}
