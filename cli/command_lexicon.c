/* `arbiter lexicon`: builds the lexicons that games are played with, and answers questions about
 * them. */
#include "cli/command.h"

#include <errno.h>
#include <getopt.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buffer.h"
#include "gamesvc/lexicon/lexicon_file.h"

#define BUILD_MEMORY_MAX ((size_t)1 << 30)

static const char help[] =
    "Usage: arbiter lexicon build [OPTION...] [WORDS]\n"
    "       arbiter lexicon info FILE\n"
    "       arbiter lexicon check FILE WORD...\n"
    "       arbiter lexicon list FILE\n"
    "\n"
    "build makes a lexicon's image, which services map into memory. WORDS is a file with one word "
    "a\n"
    "line, or a KWG file (name ending in .kwg). Without it the default lexicon EN80 is made of "
    "the\n"
    "Debian package `scowl`: its *-words lists of sizes 10 to 80, words of 2 to 15 plain letters.\n"
    "info prints name, words, hash and copyright notice; check says which words are valid (exit\n"
    "status 1 where one is not); list prints all words. FILE is an image, KWG file or word list.\n"
    "\n"
    "  -o, --output FILE   image to write (default: .arbiter/lexicons/NAME.lexicon)\n"
    "  -n, --name NAME     the lexicon's name in games (default: EN80, or after the file)\n"
    "      --notice FILE   copyright notice to carry along (EN80: that of scowl)\n"
    "  -h, --help          print this\n";

#define SCOWL_WORDS "/usr/share/dict/scowl/*-words."
#define SCOWL_NOTICE "/usr/share/doc/scowl/copyright"

static const int scowl_sizes[] = {10, 20, 35, 40, 50, 55, 60, 70, 80};

enum { SCOWL_WORD_MIN = 2, SCOWL_WORD_MAX = 15 };

struct build_request {
    const char *words;
    const char *name;
    const char *output;
    const char *notice;
};

static int complain(const char *path, enum status status, const struct fault *fault)
{
    if (status == STATUS_INVALID_ARGUMENT && fault != NULL)
        fprintf(stderr, "%s:%d:%d: %s\n", path, fault->line, fault->column, fault->text);
    else
        fprintf(stderr, "%s: %s\n", path, status_name(status));
    return COMMAND_FAILED;
}

/* ---- EN80 out of scowl ------------------------------------------------------------------- */

static bool is_plain_word(const char *line, size_t size)
{
    if (size < SCOWL_WORD_MIN || size > SCOWL_WORD_MAX)
        return false;
    for (size_t i = 0; i < size; i++)
        if (line[i] < 'a' || line[i] > 'z')
            return false;
    return true;
}

/* Appends the plain words of one list: no capitals, apostrophes or accents. */
static enum status append_plain_words(const char *path, struct buffer *words)
{
    struct buffer list = {0};
    enum status status = buffer_read_file(&list, path);
    const char *line = buffer_text(&list);
    while (status == STATUS_OK && *line != '\0') {
        size_t size = strcspn(line, "\n");
        if (is_plain_word(line, size)) {
            buffer_append(words, line, size);
            buffer_append_char(words, '\n');
        }
        line += size + (line[size] == '\n' ? 1 : 0);
    }
    buffer_deinit(&list);
    return status;
}

static enum status collect_scowl(struct buffer *words)
{
    enum status status = STATUS_NOT_FOUND;
    for (size_t i = 0; i < COUNT_OF(scowl_sizes); i++) {
        char pattern[64];
        glob_t found = {0};
        (void)snprintf(pattern, sizeof pattern, "%s%d", SCOWL_WORDS, scowl_sizes[i]);
        if (glob(pattern, 0, NULL, &found) != 0)
            return STATUS_NOT_FOUND;
        for (size_t j = 0; j < found.gl_pathc; j++) {
            status = append_plain_words(found.gl_pathv[j], words);
            if (status != STATUS_OK)
                break;
        }
        globfree(&found);
        if (status != STATUS_OK)
            return status;
    }
    return words->failed ? STATUS_FULL : STATUS_OK;
}

/* ---- building ---------------------------------------------------------------------------- */

/* Makes the folders a file is to be in. */
static enum status make_folders(const char *path)
{
    char folder[4096];
    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        (void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        if (mkdir(folder, 0777) != 0 && errno != EEXIST)
            return STATUS_PERMISSION_DENIED;
    }
    return STATUS_OK;
}

/* Writes beside the file first, so that services that map the old image keep it whole. */
static enum status write_file(const char *path, const char *bytes, size_t size)
{
    struct buffer beside = {0};
    enum status status = make_folders(path);
    if (status != STATUS_OK)
        return status;
    buffer_format(&beside, "%s.new", path);
    FILE *out = fopen(buffer_text(&beside), "wb");
    if (out == NULL) {
        status = STATUS_PERMISSION_DENIED;
        goto out;
    }
    bool written = fwrite(bytes, 1, size, out) == size;
    if (fclose(out) != 0 || !written || rename(buffer_text(&beside), path) != 0)
        status = STATUS_UNAVAILABLE;
out:
    buffer_deinit(&beside);
    return status;
}

static enum status read_words(struct arena *arena, const struct build_request *request,
                              struct lexicon *out_lexicon, struct fault *out_fault)
{
    struct buffer words = {0};
    enum status status =
        request->words != NULL ? buffer_read_file(&words, request->words) : collect_scowl(&words);
    size_t suffix = request->words != NULL ? strlen(request->words) : 0;
    bool is_kwg = suffix > 4 && strcmp(request->words + suffix - 4, ".kwg") == 0;
    if (status == STATUS_OK && is_kwg)
        status = lexicon_from_kwg(arena, request->name, buffer_text(&words), words.size,
                                  out_lexicon, out_fault);
    else if (status == STATUS_OK)
        status = lexicon_from_words(arena, request->name, buffer_text(&words), words.size,
                                    out_lexicon, out_fault);
    buffer_deinit(&words);
    return status;
}

static void print_hash(const struct lexicon *lexicon)
{
    for (size_t i = 0; i < LEXICON_HASH_SIZE; i++)
        printf("%02x", lexicon->hash[i]);
}

static int build(const struct build_request *request)
{
    struct arena arena;
    struct buffer notice = {0};
    struct lexicon lexicon;
    struct fault fault = {0};
    struct text image;
    int exit_status = COMMAND_FAILED;
    const char *from = request->words != NULL ? request->words : SCOWL_WORDS "*";
    arena_init(&arena, BUILD_MEMORY_MAX);
    enum status status = read_words(&arena, request, &lexicon, &fault);
    if (status != STATUS_OK) {
        (void)complain(from, status, &fault);
        if (request->words == NULL && status == STATUS_NOT_FOUND)
            fputs("hint: install the package `scowl` (scripts/setup does)\n", stderr);
        goto out;
    }
    if (request->notice != NULL)
        status = buffer_read_file(&notice, request->notice);
    if (status != STATUS_OK) {
        (void)complain(request->notice, status, NULL);
        goto out;
    }
    text_start(&image, &arena);
    lexicon_write_image(&lexicon, (struct text_span){buffer_text(&notice), notice.size}, &image);
    status = image.full ? STATUS_FULL : write_file(request->output, image.data, image.size);
    if (status != STATUS_OK) {
        (void)complain(request->output, status, NULL);
        goto out;
    }
    printf("%s: %s, %u words, %u nodes, sha256 ", request->output, lexicon.name,
           (unsigned)lexicon.word_count, (unsigned)lexicon.node_count);
    print_hash(&lexicon);
    printf("\n");
    exit_status = COMMAND_DONE;
out:
    buffer_deinit(&notice);
    arena_deinit(&arena);
    return exit_status;
}

/* ---- questions --------------------------------------------------------------------------- */

static int print_info(const struct lexicon *lexicon)
{
    printf("name    %s\nwords   %u\nnodes   %u\nsha256  ", lexicon->name,
           (unsigned)lexicon->word_count, (unsigned)lexicon->node_count);
    print_hash(lexicon);
    printf("\n");
    if (lexicon->notice.size > 0)
        printf("\n%.*s", (int)lexicon->notice.size, lexicon->notice.data);
    return COMMAND_DONE;
}

static int print_words(const struct lexicon *lexicon)
{
    struct arena arena;
    struct text text;
    arena_init(&arena, BUILD_MEMORY_MAX);
    text_start(&text, &arena);
    lexicon_write_words(lexicon, &text);
    bool written = !text.full && fwrite(text.data, 1, text.size, stdout) == text.size;
    arena_deinit(&arena);
    return written ? COMMAND_DONE : COMMAND_FAILED;
}

static bool is_valid(const struct lexicon *lexicon, const char *word)
{
    uint8_t letters[LEXICON_WORD_MAX];
    size_t size = strlen(word);
    if (size < LEXICON_WORD_MIN || size > LEXICON_WORD_MAX)
        return false;
    for (size_t i = 0; i < size; i++) {
        char letter = word[i] >= 'a' && word[i] <= 'z' ? (char)(word[i] - 'a' + 'A') : word[i];
        if (letter < 'A' || letter > 'Z')
            return false;
        letters[i] = (uint8_t)(letter - 'A' + 1);
    }
    return lexicon_has(lexicon, letters, 1, size);
}

static int check_words(const struct lexicon *lexicon, int count, char **words)
{
    int exit_status = COMMAND_DONE;
    for (int i = 0; i < count; i++) {
        bool valid = is_valid(lexicon, words[i]);
        printf("%s\t%s\n", words[i], valid ? "valid" : "not valid");
        if (!valid)
            exit_status = COMMAND_FAILED;
    }
    return exit_status;
}

static int ask(const char *question, const char *path, int count, char **words)
{
    struct lexicon_file file;
    struct fault fault = {0};
    enum status status = lexicon_file_open(&file, path, &fault);
    if (status != STATUS_OK)
        return complain(path, status, &fault);
    int exit_status = COMMAND_DONE;
    if (strcmp(question, "info") == 0)
        exit_status = print_info(&file.lexicon);
    else if (strcmp(question, "list") == 0)
        exit_status = print_words(&file.lexicon);
    else
        exit_status = check_words(&file.lexicon, count, words);
    lexicon_file_close(&file);
    return exit_status;
}

/* ---- the command line -------------------------------------------------------------------- */

static const struct option options[] = {
    {"output", required_argument, NULL, 'o'},
    {"name", required_argument, NULL, 'n'},
    {"notice", required_argument, NULL, 'c'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int usage(void)
{
    fputs(help, stderr);
    return COMMAND_USAGE;
}

/* Fills in what was not said: the name after the file, the output after the name. */
static int build_with_defaults(struct build_request *request)
{
    struct buffer name = {0};
    struct buffer output = {0};
    const char *slash = request->words != NULL ? strrchr(request->words, '/') : NULL;
    const char *base = slash != NULL ? slash + 1 : request->words;
    if (request->words == NULL && request->notice == NULL)
        request->notice = SCOWL_NOTICE;
    if (request->words == NULL)
        buffer_append_text(&name, "EN80");
    else
        buffer_append(&name, base, strcspn(base, "."));
    if (request->name == NULL)
        request->name = buffer_text(&name);
    buffer_format(&output, ".arbiter/lexicons/%s.lexicon", request->name);
    if (request->output == NULL)
        request->output = buffer_text(&output);
    int exit_status = build(request);
    buffer_deinit(&name);
    buffer_deinit(&output);
    return exit_status;
}

int command_lexicon(int argc, char **argv)
{
    struct build_request request = {0};
    int option;
    while ((option = getopt_long(argc, argv, "o:n:h", options, NULL)) != -1) {
        switch (option) {
        case 'o':
            request.output = optarg;
            break;
        case 'n':
            request.name = optarg;
            break;
        case 'c':
            request.notice = optarg;
            break;
        case 'h':
            fputs(help, stdout);
            return COMMAND_DONE;
        default:
            return usage();
        }
    }
    int count = argc - optind;
    char **words = argv + optind;
    if (count < 1)
        return usage();
    if (strcmp(words[0], "build") == 0 && count <= 2) {
        request.words = count == 2 ? words[1] : NULL;
        return build_with_defaults(&request);
    }
    bool asks = (strcmp(words[0], "info") == 0 && count == 2) ||
                (strcmp(words[0], "list") == 0 && count == 2) ||
                (strcmp(words[0], "check") == 0 && count >= 3);
    return asks ? ask(words[0], words[1], count - 2, words + 2) : usage();
}
