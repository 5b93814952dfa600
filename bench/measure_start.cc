// What sessions cost before anybody types: their start, their memory, and their idling.
#include <memory>
#include <string>
#include <vector>

#include "bench/load_file.h"
#include "bench/measurements.h"
#include "bench/session.h"

namespace sallyport::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// One process's protected memory holds a dozen keys: so many clients at once.
constexpr int kClientsAtOnce = 8;
constexpr WindowSize kBigWindow{.columns = 1000, .rows = 1000};

/// Words of ten letters, each in a pair of colours of its own. (A colour for each letter would be a diff that the stock
/// server cannot send.)
std::string big_picture(WindowSize window) {
  std::string text;
  for (std::uint32_t row = 0; row < window.rows; ++row) {
    text += "\033[" + std::to_string(row + 1) + ";1H";
    for (std::uint32_t column = 0; column < window.columns; column += 10) {
      const std::uint32_t word = row * window.columns / 10 + column / 10;
      text += "\033[38;5;" + std::to_string(word % 256) + ";48;5;" + std::to_string(word / 256 % 256) + "m";
      for (std::uint32_t i = 0; i < 10; ++i) text += static_cast<char>('a' + (word + i) % 26);
    }
  }
  return text + "\033[0m\033[H";
}

}  // namespace

void measure_start(const std::string& server, Length length, Results& results) {
  std::vector<double> connect;
  std::vector<double> first_output;
  for (int i = 0; i < amount(length, 1, 4, 10); ++i) {
    Session session(server, greeting_script());
    const TimePoint contact = session.client().now();
    session.client().type("");
    if (!session.client().wait_for(kReady, contact + seconds(10))) return results.wrong("no output");
    connect.push_back(session.connect_ms());
    first_output.push_back(milliseconds_of(session.client().now() - contact));
    if (const std::string what = session.difference(kGreeting); !what.empty()) results.wrong(what);
    session.client().leave();
  }
  results.add("connect_ms", percentile(connect, 0.5));
  results.add("first_output_ms", percentile(first_output, 0.5));
}

void measure_memory(const std::string& server, Length length, Results& results) {
  const int sessions = amount(length, 2, 20, 20);
  const int idle_s = amount(length, 1, 4, 8);
  std::vector<std::unique_ptr<Session>> all;
  for (int done = 0; done < sessions; done += kClientsAtOnce) {
    const int until = std::min(sessions, done + kClientsAtOnce);
    for (int i = done; i < until; ++i) {
      all.push_back(std::make_unique<Session>(server, greeting_script()));
      all.back()->client().type("");
    }
    for (int i = done; i < until; ++i) {
      Session& session = *all[static_cast<std::size_t>(i)];
      if (!session.client().wait_for(kReady, session.client().now() + seconds(10))) return results.wrong("no output");
      if (i > 0) session.drop_client();  // its server stays
    }
  }
  all[0]->client().rest(seconds(amount(length, 0, 2, 3)));
  double pss = 0;
  for (const auto& session : all) pss += session->cost().pss_mb;
  results.add("pss_mb", pss / sessions);
  const Cost before = all[0]->cost();
  all[0]->client().rest(seconds(idle_s));
  const Cost after = all[0]->cost();
  results.add("idle_wakeups_per_s", static_cast<double>(after.wakeups - before.wakeups) / idle_s);
  results.add("idle_cpu_us_per_s", (after.cpu_s - before.cpu_s) * 1e6 / idle_s);
  if (const std::string what = all[0]->difference(kGreeting); !what.empty()) results.wrong(what);
}

void measure_big(const std::string& server, Length length, Results& results) {
  const WindowSize window = length == Length::kSmoke ? WindowSize{.columns = 200, .rows = 50} : kBigWindow;
  const std::string text = big_picture(window);
  const LoadFile file(text);
  Session session(server, printing_script(file.path()), window);
  if (!session.begin(milliseconds(500))) return results.wrong("no session");
  session.client().type("g");
  if (!session.wait_for_finish(session.client().now() + seconds(30))) return results.wrong("its end was never shown");
  session.client().rest(milliseconds(amount(length, 0, 1500, 1500)));  // the older screens are acknowledged and go
  const Cost cost = session.cost();
  results.add("big_pss_mb", cost.pss_mb);
  results.add("big_peak_rss_mb", cost.peak_rss_mb);
  const std::string what = session.difference(std::string(kGreeting) + text + "\033[0m" + std::string(kFinished));
  if (!what.empty()) results.wrong(what);
  session.client().leave();
}

}  // namespace sallyport::bench
