using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Slipway.Control;

/// <summary>
/// Finds the end of the first JSON value, and says what is wrong in the words that programs of the
/// peer know: those of Go's decoder. It reads one value, and what comes behind does not matter.
/// </summary>
internal ref struct GoJsonScanner
{
    private const int MostDepth = 64;
    private readonly ReadOnlySpan<byte> _text;
    private int _at;

    private GoJsonScanner(ReadOnlySpan<byte> text) => _text = text;

    /// <summary>The first value's text.</summary>
    /// <exception cref="GvproxyException">There is none.</exception>
    public static Range FindValue(ReadOnlySpan<byte> text)
    {
        GoJsonScanner scanner = new(text);
        scanner.SkipSpace();
        int start = scanner._at;
        if (start == text.Length)
        {
            throw Wrong("EOF");
        }

        scanner.SkipValue(0);
        return start..scanner._at;
    }

    private void SkipValue(int depth)
    {
        if (depth > MostDepth)
        {
            throw Wrong("exceeded max depth");
        }

        switch (Next())
        {
            case (byte)'{':
                SkipObject(depth);
                break;
            case (byte)'[':
                SkipArray(depth);
                break;
            case (byte)'"':
                SkipString();
                break;
            case (byte)'t':
                SkipLiteral("true");
                break;
            case (byte)'f':
                SkipLiteral("false");
                break;
            case (byte)'n':
                SkipLiteral("null");
                break;
            case (byte)'-' or (>= (byte)'0' and <= (byte)'9'):
                SkipNumber();
                break;
            default:
                throw Unexpected("looking for beginning of value");
        }
    }

    private void SkipObject(int depth)
    {
        _at++;
        SkipSpace();
        if (Next() == '}')
        {
            _at++;
            return;
        }

        while (true)
        {
            Require('"', "looking for beginning of object key string");
            SkipString();
            SkipSpace();
            Require(':', "after object key");
            _at++;
            SkipSpace();
            SkipValue(depth + 1);
            SkipSpace();
            if (Next() == '}')
            {
                _at++;
                return;
            }

            Require(',', "after object key:value pair");
            _at++;
            SkipSpace();
        }
    }

    private void SkipArray(int depth)
    {
        _at++;
        SkipSpace();
        if (Next() == ']')
        {
            _at++;
            return;
        }

        while (true)
        {
            SkipValue(depth + 1);
            SkipSpace();
            if (Next() == ']')
            {
                _at++;
                return;
            }

            Require(',', "after array element");
            _at++;
            SkipSpace();
        }
    }

    private void SkipString()
    {
        for (_at++; Next() != '"'; _at++)
        {
            if (Next() < ' ')
            {
                throw Unexpected("in string literal");
            }

            if (Next() == '\\')
            {
                _at++;
                SkipEscape();
            }
        }

        _at++;
    }

    private void SkipEscape()
    {
        if (Next() != 'u')
        {
            if (!@"bfnrt\/""".Contains((char)Next(), StringComparison.Ordinal))
            {
                throw Unexpected("in string escape code");
            }

            return;
        }

        for (int i = 0; i < 4; i++)
        {
            _at++;
            if (!char.IsAsciiHexDigit((char)Next()))
            {
                throw Unexpected("in \\u hexadecimal character escape");
            }
        }
    }

    private void SkipLiteral(string literal)
    {
        foreach (char expected in literal)
        {
            Require(expected, $"in literal {literal} (expecting '{expected}')");
            _at++;
        }
    }

    private void SkipNumber()
    {
        _at += Next() == '-' ? 1 : 0;
        if (Next() == '0')
        {
            _at++;
        }
        else
        {
            SkipDigits("in numeric literal");
        }

        if (_at < _text.Length && _text[_at] == '.')
        {
            _at++;
            SkipDigits("after decimal point in numeric literal");
        }

        if (_at < _text.Length && _text[_at] is (byte)'e' or (byte)'E')
        {
            _at++;
            _at += Next() is (byte)'+' or (byte)'-' ? 1 : 0;
            SkipDigits("in exponent of numeric literal");
        }
    }

    private void SkipDigits(string where)
    {
        if (!char.IsAsciiDigit((char)Next()))
        {
            throw Unexpected(where);
        }

        while (_at < _text.Length && char.IsAsciiDigit((char)_text[_at]))
        {
            _at++;
        }
    }

    private void SkipSpace()
    {
        while (_at < _text.Length
            && _text[_at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            _at++;
        }
    }

    private readonly byte Next() =>
        _at < _text.Length ? _text[_at] : throw Wrong("unexpected EOF");

    private readonly void Require(char expected, string where)
    {
        if (Next() != expected)
        {
            throw Unexpected(where);
        }
    }

    private readonly GvproxyException Unexpected(string where) =>
        Wrong($"invalid character {Quote((char)_text[_at])} {where}");

    private static string Quote(char c) => c switch
    {
        '\'' => @"'\''",
        '\\' => @"'\\'",
        '\n' => @"'\n'",
        '\r' => @"'\r'",
        '\t' => @"'\t'",
        < ' ' or '\x7f' => string.Create(CultureInfo.InvariantCulture, $@"'\x{(int)c:x2}'"),
        _ => $"'{c}'",
    };

    private static GvproxyException Wrong(string text) =>
        new(StatusCodes.Status400BadRequest, text);
}
