#include <iostream>

#include "compiler/driver/driver.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  return bulkhead::driver::Main({argv + 1, argv + argc}, std::cin, std::cout, std::cerr);
}
