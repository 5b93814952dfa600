// Models of the programs that a person types at: a line editor that starts others, such as ask for a password.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/client/prediction_world.h"

namespace sallyport::client::testing {

/// How a program that was started with Enter asks for a secret.
struct SecretShape {
  std::string name;
  std::vector<std::string> prompts;  ///< one after the other
  Milliseconds gap{0};      ///< from Enter until it turns echo off and prints the prompt: the kernel echoes meanwhile
  bool flush = true;        ///< what was typed before the prompt is thrown away
  std::string echo = "";    ///< printed for each character
  std::string answer = "";  ///< printed after the last secret
  Milliseconds check{20};   ///< from the secret's Enter to what comes next
};

/// A shell with a line editor, as bash with readline.
class Shell : public Program {
 public:
  std::string prompt = "$ ";
  Milliseconds echo_delay{2};
  bool overwrite = false;
  bool echo_on = true;  ///< false: swallows letters as a pager does, without being told to by a control key
  std::string star;     ///< echoed instead of each letter, if not empty
  std::vector<SecretShape> children;                 ///< commands that ask for a secret, by name
  std::function<std::string(std::string_view)> run;  ///< output of any other command

  void start(World& world) override { world.print(prompt); }
  void input(World& world, std::string_view bytes) override;

 private:
  enum class State : std::uint8_t { kEditing, kStarting, kSecret };
  void key(World& world, unsigned char byte);
  void edit(World& world, char32_t code_point);
  void sequence(World& world, char final_byte);
  void submit(World& world);
  void secret(World& world, unsigned char byte);
  void ask(World& world);
  void replay(World& world);
  void redraw(World& world);

  State state_ = State::kEditing;
  std::u32string line_;
  std::size_t at_ = 0;
  std::string escape_;  // a sequence so far
  terminal::Utf8Decoder decoder_;
  const SecretShape* child_ = nullptr;
  std::size_t asked_ = 0;
  std::string typed_ahead_;
};

/// Any output for any key.
class RandomProgram : public Program {
 public:
  explicit RandomProgram(unsigned seed) : random_(seed) {}
  void start(World& world) override { world.print("> "); }
  void input(World& world, std::string_view bytes) override;

 private:
  std::mt19937 random_;
};

}  // namespace sallyport::client::testing
