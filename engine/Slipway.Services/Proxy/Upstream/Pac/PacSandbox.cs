using System.Text;
using Jint;
using Jint.Native;
using Jint.Native.Object;
using Jint.Runtime;
using Jint.Runtime.Interop;

namespace Slipway.Services;

/// <summary>
/// The limits of a PAC file's engine. Time, memory and depth are checked between statements; what
/// a single call could make without end (typed arrays, texts out of a few words) is taken away, or
/// replaced by what knows a bound.
/// </summary>
internal static class PacSandbox
{
    /// <summary>The longest text that one call makes.</summary>
    public const int TextCharacters = 4 << 20;
    private const int MemoryBytes = 16 << 20;
    private const int Depth = 256;
    private const int ArrayItems = 100_000;

    // With symbols go the inner ways to the methods that are replaced below.
    private static readonly string[] Removed =
    [
        "ArrayBuffer", "SharedArrayBuffer", "DataView", "Atomics", "Int8Array", "Uint8Array",
        "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array",
        "Float16Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array",
        "Symbol", "Reflect", "Proxy", "Intl", "Temporal", "WebAssembly",
    ];

    /// <summary>Options of an engine whose running time the clock measures.</summary>
    public static void Limit(Options options, PacClock clock)
    {
        options.Constraint(clock);
        options.LimitMemory(MemoryBytes);
        options.LimitRecursion(Depth);
        options.Constraints.MaxArraySize = ArrayItems;
        options.Constraints.RegexTimeout = PacScript.TimeLimit;

        // Without it, a text made of a thousand nested lists would end the process.
        options.Constraints.StackOverflowGuard = true;
        options.DisableStringCompilation();
    }

    /// <summary>Takes away and replaces what has no bound.</summary>
    public static void Bound(Engine engine)
    {
        ObjectInstance texts = Prototype(engine, "String");
        ObjectInstance arrays = Prototype(engine, "Array");
        Check(engine, texts, "repeat", (self, a) => self.Length * Number(a, 0));
        Check(engine, texts, "padStart", (_, a) => Number(a, 0));
        Check(engine, texts, "padEnd", (_, a) => Number(a, 0));
        Check(engine, texts, "replace", Replaced);
        Check(engine, texts, "replaceAll", Replaced);
        Replace(engine, texts, "concat", (self, a) => Concatenate(self, a));
        Replace(engine, arrays, "join", (self, a) => JoinItems(
            self, a.Length > 0 && !a[0].IsUndefined() ? TypeConverter.ToString(a[0]) : ","));
        Replace(engine, arrays, "toString", (self, _) => JoinItems(self, ","));
        arrays.RemoveOwnProperty("toLocaleString");
        engine.Global.Get("String").AsObject().RemoveOwnProperty("raw");
        engine.Global.Get("JSON").AsObject().RemoveOwnProperty("stringify");
        engine.Global.Get("Object").AsObject().RemoveOwnProperty("getOwnPropertySymbols");
        foreach (string name in Removed)
        {
            engine.Global.RemoveOwnProperty(name);
        }
    }

    private static ObjectInstance Prototype(Engine engine, string type) =>
        engine.Global.Get(type).Get("prototype").AsObject();

    private static double Number(JsValue[] arguments, int i) =>
        arguments.Length > i ? TypeConverter.ToNumber(arguments[i]) : 0;

    /// <summary>The longest that a replacement of each character could become.</summary>
    private static double Replaced(string self, JsValue[] arguments)
    {
        if (arguments.Length < 2 || arguments[1].IsObject())
        {
            // A function's statements are checked themselves.
            return self.Length;
        }

        string text = TypeConverter.ToString(arguments[1]);
        double each = text.Length + ((double)text.Count(c => c == '$') * self.Length);
        return (self.Length + 1.0) * (each + 1);
    }

    private static string JoinItems(JsValue self, string separator)
    {
        ObjectInstance list = self.AsObject();
        double length = TypeConverter.ToLength(list.Get("length"));
        StringBuilder text = new();
        for (int i = 0; i < length; i++)
        {
            if (i >= ArrayItems)
            {
                throw TooLong();
            }

            Append(text, i == 0 ? "" : separator);
            JsValue item = list.Get(JsNumber.Create(i));
            Append(text, item.IsNull() || item.IsUndefined() ? "" : TypeConverter.ToString(item));
        }

        return text.ToString();
    }

    private static string Concatenate(JsValue self, JsValue[] others)
    {
        StringBuilder text = new();
        Append(text, TypeConverter.ToString(self));
        for (int i = 0; i < others.Length; i++)
        {
            Append(text, TypeConverter.ToString(others[i]));
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, string more)
    {
        if (text.Length + (long)more.Length > TextCharacters)
        {
            throw TooLong();
        }

        text.Append(more);
    }

    private static void Check(
        Engine engine, ObjectInstance owner, string name, Func<string, JsValue[], double> length)
    {
        JsValue original = owner.Get(name);
        Replace(engine, owner, name, (self, arguments) =>
            length(TypeConverter.ToString(self), arguments) > TextCharacters
                ? throw TooLong() : engine.Invoke(original, self, arguments));
    }

    private static void Replace(
        Engine engine, ObjectInstance owner, string name, Func<JsValue, JsValue[], JsValue> body) =>
        owner.Set(name, new ClrFunction(engine, name, body));

    private static PacException TooLong() =>
        new($"makes a text of more than {TextCharacters} characters");
}
