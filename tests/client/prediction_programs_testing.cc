#include <algorithm>

#include "terminal/width.h"
#include "tests/client/prediction_programs.h"

namespace sallyport::client::testing {
namespace {

std::string utf8(std::u32string_view text) {
  std::string out;
  for (const char32_t code_point : text) terminal::append_utf8(out, code_point);
  return out;
}

std::size_t width(std::u32string_view text) {
  std::size_t columns = 0;
  for (const char32_t code_point : text) columns += terminal::width_of(code_point).columns;
  return columns;
}

}  // namespace

void Shell::input(World& world, std::string_view bytes) {
  for (const char byte : bytes) key(world, static_cast<unsigned char>(byte));
}

void Shell::key(World& world, unsigned char byte) {
  if (state_ == State::kStarting) {
    typed_ahead_ += static_cast<char>(byte);
    world.print(byte == '\r' ? "\r\n" : std::string(1, static_cast<char>(byte)));
    return;
  }
  if (state_ == State::kSecret) return secret(world, byte);
  if (byte == 0x1B) {
    escape_ = "\x1b";
    return;
  }
  if (!escape_.empty()) {
    escape_ += static_cast<char>(byte);
    const bool opens = escape_.size() == 2 && (byte == '[' || byte == 'O');
    if (!opens && (escape_.size() == 2 || byte >= 0x40)) {
      if (escape_.size() > 2) sequence(world, static_cast<char>(byte));
      escape_.clear();
    }
    return;
  }
  const auto step = decoder_.feed(byte);
  if (step.has_code_point) edit(world, step.code_point);
}

void Shell::edit(World& world, char32_t code_point) {
  if (code_point == '\r' || code_point == '\n') return submit(world);
  if (code_point == 0x7F || code_point == 8) {
    if (at_ == 0) return;
    while (at_ > 0 && terminal::width_of(line_[at_ - 1]).columns == 0) line_.erase(--at_, 1);
    line_.erase(--at_, 1);
    if (overwrite && at_ < line_.size()) line_.insert(at_, 1, U' ');
    return redraw(world);
  }
  if (code_point == 1) at_ = 0;
  if (code_point == 5) at_ = line_.size();
  if (code_point == 0x15) {
    line_.clear();
    at_ = 0;
  }
  if (code_point < 0x20) return redraw(world);
  if (!echo_on) return;
  if (!star.empty()) return world.print(star, echo_delay);
  const bool end = at_ == line_.size();
  if (overwrite && !end) {
    line_[at_] = code_point;
  } else {
    line_.insert(at_, 1, code_point);
  }
  ++at_;
  if (!end) return redraw(world);
  std::string out = utf8({&code_point, 1});
  const std::size_t columns = prompt.size() + width(line_);
  if (columns % world.columns() == 0) out += " \r";
  world.print(out, echo_delay);
}

void Shell::sequence(World& world, char final_byte) {
  if (final_byte == 'C' && at_ < line_.size()) ++at_;
  if (final_byte == 'D' && at_ > 0) --at_;
  if (final_byte == 'A') {
    line_ = U"history";
    at_ = line_.size();
  }
  if (final_byte == 'H') at_ = 0;
  redraw(world);
}

void Shell::redraw(World& world) {
  std::string out = "\r" + prompt + utf8(line_) + "\x1b[K\r";
  const std::size_t columns = prompt.size() + width(std::u32string_view(line_).substr(0, at_));
  if (columns > 0) out += "\x1b[" + std::to_string(columns) + "C";
  world.print(out, echo_delay);
}

void Shell::submit(World& world) {
  const std::string command = utf8(line_);
  line_.clear();
  at_ = 0;
  world.print("\r\n", echo_delay);
  const auto child =
      std::find_if(children.begin(), children.end(), [&](const SecretShape& shape) { return shape.name == command; });
  if (child == children.end()) {
    const std::string output = run ? run(command) : std::string();
    return world.print(output + prompt, echo_delay);
  }
  child_ = &*child;
  asked_ = 0;
  typed_ahead_.clear();
  if (child_->gap == Milliseconds(0)) return ask(world);
  state_ = State::kStarting;
  world.after(child_->gap, [this, &world] { ask(world); });
}

void Shell::ask(World& world) {
  state_ = State::kSecret;
  world.print(child_->prompts[asked_], echo_delay);
  if (child_->flush) typed_ahead_.clear();
  replay(world);
}

void Shell::replay(World& world) {
  const std::string ahead = std::exchange(typed_ahead_, {});
  input(world, ahead);
}

void Shell::secret(World& world, unsigned char byte) {
  if (asked_ == child_->prompts.size()) return;  // it has all it wants, and is at work
  if (byte != '\r') {
    if (!child_->echo.empty() && byte >= 0x20 && byte != 0x7F) world.print(child_->echo, echo_delay);
    return;
  }
  world.print("\r\n", echo_delay);
  if (++asked_ < child_->prompts.size()) {
    return world.after(child_->check, [this, &world, next = asked_] { world.print(child_->prompts[next]); });
  }
  world.after(child_->check, [this, &world] {
    state_ = State::kEditing;
    world.print(child_->answer + prompt);
  });
}

void RandomProgram::input(World& world, std::string_view bytes) {
  const auto any = [this](unsigned count) { return static_cast<unsigned>(random_()) % count; };
  for (const char byte : bytes) {
    std::string out;
    switch (any(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        out = byte;
        break;
      case 5:
        out = "*";
        break;
      case 6:
        out = "\x1b[" + std::to_string(1 + any(24)) + ";" + std::to_string(1 + any(80)) + "H";
        break;
      case 7:
        out = "\x1b[2J";
        break;
      case 8:
        out = "\x1b[K\x1b[1;3" + std::to_string(any(8)) + "mtext\u00FC\u65E5\r\n";
        break;
      case 9:
        out = "\x1b[P\x1b[@";
        break;
      case 10:
        for (unsigned i = any(60); i > 0; --i) out += static_cast<char>('a' + any(26));
        break;
      default:
        break;
    }
    world.print(out, Milliseconds(any(4) == 0 ? any(400) : 1));
  }
}

}  // namespace sallyport::client::testing
