// Links a whole library against nothing but its declared dependencies: an undefined reference here
// is a layering error.
int main() {
  return 0;
}
