// Words, literals and punctuation of the rule language and of the DDL it reads. See README.md in this folder.
//
// Input arrives as bytes: a byte above 0x7F is part of a UTF-8 character and counts as a letter.
// compiler/syntax splits a file into statements before this lexer sees it, so unterminated strings, quoted names and
// comments never arrive here.
lexer grammar BulkheadLexer;

// ---- Never made by this lexer -----------------------------------------------------------------------------------
// Stands for an expression of a dump that the grammar does not know; put in by compiler/syntax.
tokens { RAW_EXPRESSION }

// ---- Queries --------------------------------------------------------------------------------------------------------
SELECT             : S E L E C T ;
DISTINCT           : D I S T I N C T ;
ALL                : A L L ;
AS                 : A S ;
INTO               : I N T O ;
FROM               : F R O M ;
WHERE              : W H E R E ;
GROUP              : G R O U P ;
BY                 : B Y ;
HAVING             : H A V I N G ;
WINDOW             : W I N D O W ;
ORDER              : O R D E R ;
ASC                : A S C ;
DESC               : D E S C ;
NULLS              : N U L L S ;
FIRST              : F I R S T ;
LAST               : L A S T ;
LIMIT              : L I M I T ;
OFFSET             : O F F S E T ;
PER                : P E R ;
UNION              : U N I O N ;
EXCEPT             : E X C E P T ;
INTERSECT          : I N T E R S E C T ;
VALUES             : V A L U E S ;
WITH               : W I T H ;
RECURSIVE          : R E C U R S I V E ;
MATERIALIZED       : M A T E R I A L I Z E D ;
LATERAL            : L A T E R A L ;
ORDINALITY         : O R D I N A L I T Y ;
JOIN               : J O I N ;
INNER              : I N N E R ;
LEFT               : L E F T ;
RIGHT              : R I G H T ;
FULL               : F U L L ;
OUTER              : O U T E R ;
CROSS              : C R O S S ;
NATURAL            : N A T U R A L ;
ON                 : O N ;
USING              : U S I N G ;

// ---- Expressions ----------------------------------------------------------------------------------------------------
AND                : A N D ;
OR                 : O R ;
NOT                : N O T ;
IN                 : I N ;
IS                 : I S ;
NULL_               : N U L L ;
TRUE               : T R U E ;
FALSE              : F A L S E ;
LIKE               : L I K E ;
ILIKE              : I L I K E ;
GLOB               : G L O B ;
REGEXP             : R E G E X P ;
MATCH              : M A T C H ;
SIMILAR            : S I M I L A R ;
TO                 : T O ;
ESCAPE             : E S C A P E ;
BETWEEN            : B E T W E E N ;
ISNULL             : I S N U L L ;
NOTNULL            : N O T N U L L ;
EXISTS             : E X I S T S ;
ANY                : A N Y ;
SOME               : S O M E ;
CASE               : C A S E ;
WHEN               : W H E N ;
THEN               : T H E N ;
ELSE               : E L S E ;
END                : E N D ;
CAST               : C A S T ;
COLLATE            : C O L L A T E ;
ARRAY              : A R R A Y ;
FILTER             : F I L T E R ;
OVER               : O V E R ;
PARTITION          : P A R T I T I O N ;
ROWS               : R O W S ;
RANGE              : R A N G E ;
GROUPS             : G R O U P S ;
AT                 : A T ;
TIME               : T I M E ;
ZONE               : Z O N E ;
INTERVAL           : I N T E R V A L ;
YEAR               : Y E A R ;
MONTH              : M O N T H ;
DAY                : D A Y ;
HOUR               : H O U R ;
MINUTE             : M I N U T E ;
SECOND             : S E C O N D ;
FOR                : F O R ;
PRECISION          : P R E C I S I O N ;
DOUBLE             : D O U B L E ;
VARYING            : V A R Y I N G ;
CHARACTER          : C H A R A C T E R ;
CHAR               : C H A R ;
BIT                : B I T ;
TIMESTAMP          : T I M E S T A M P ;
NATIONAL           : N A T I O N A L ;
CURRENT_DATE       : C U R R E N T '_' D A T E ;
CURRENT_TIME       : C U R R E N T '_' T I M E ;
CURRENT_TIMESTAMP  : C U R R E N T '_' T I M E S T A M P ;
CURRENT_USER       : C U R R E N T '_' U S E R ;
SESSION_USER       : S E S S I O N '_' U S E R ;

// ---- Tables, types, indexes -----------------------------------------------------------------------------------------
CREATE             : C R E A T E ;
TABLE              : T A B L E ;
TEMP               : T E M P ;
TEMPORARY          : T E M P O R A R Y ;
UNLOGGED           : U N L O G G E D ;
FOREIGN            : F O R E I G N ;
VIRTUAL            : V I R T U A L ;
IF                 : I F ;
CONSTRAINT         : C O N S T R A I N T ;
PRIMARY            : P R I M A R Y ;
KEY                : K E Y ;
UNIQUE             : U N I Q U E ;
CHECK              : C H E C K ;
REFERENCES         : R E F E R E N C E S ;
DEFAULT            : D E F A U L T ;
GENERATED          : G E N E R A T E D ;
ALWAYS             : A L W A Y S ;
IDENTITY           : I D E N T I T Y ;
STORED             : S T O R E D ;
AUTOINCREMENT      : A U T O I N C R E M E N T ;
CONFLICT           : C O N F L I C T ;
WITHOUT            : W I T H O U T ;
ROWID              : R O W I D ;
STRICT             : S T R I C T ;
INHERITS           : I N H E R I T S ;
OF                 : O F ;
TYPE               : T Y P E ;
ENUM               : E N U M ;
DOMAIN             : D O M A I N ;
ALTER              : A L T E R ;
ONLY               : O N L Y ;
ADD                : A D D ;
COLUMN             : C O L U M N ;
ENABLE             : E N A B L E ;
DISABLE            : D I S A B L E ;
FORCE              : F O R C E ;
NO                 : N O ;
ROW                : R O W ;
LEVEL              : L E V E L ;
SECURITY           : S E C U R I T Y ;
REPLICA            : R E P L I C A ;
INDEX              : I N D E X ;
SET                : S E T ;
DROP               : D R O P ;
DATA               : D A T A ;
ATTACH             : A T T A C H ;
VALUE              : V A L U E ;
BEFORE             : B E F O R E ;
AFTER              : A F T E R ;
VALID              : V A L I D ;
UPDATE             : U P D A T E ;
DELETE             : D E L E T E ;
CASCADE            : C A S C A D E ;
RESTRICT           : R E S T R I C T ;
ACTION             : A C T I O N ;
DEFERRABLE         : D E F E R R A B L E ;
INITIALLY          : I N I T I A L L Y ;
DEFERRED           : D E F E R R E D ;
IMMEDIATE          : I M M E D I A T E ;
EXCLUDE            : E X C L U D E ;
INCLUDE            : I N C L U D E ;
CONCURRENTLY       : C O N C U R R E N T L Y ;

// ---- Rules ----------------------------------------------------------------------------------------------------------
SCHEMA             : S C H E M A ;
PRINCIPAL          : P R I N C I P A L ;
TENANT             : T E N A N T ;
VISIBLE            : V I S I B L E ;
ISOLATE            : I S O L A T E ;
THROUGH            : T H R O U G H ;
SHARE              : S H A R E ;
CONFIDENTIAL       : C O N F I D E N T I A L ;
POLICY             : P O L I C Y ;
PERMISSIVE         : P E R M I S S I V E ;
RESTRICTIVE        : R E S T R I C T I V E ;
VIEW               : V I E W ;
FUNCTION           : F U N C T I O N ;
RETURNS            : R E T U R N S ;
REPLACE            : R E P L A C E ;
STREAM             : S T R E A M ;
AUTO               : A U T O ;
SUBSCRIBE          : S U B S C R I B E ;
PRIORITY           : P R I O R I T Y ;
PLAN               : P L A N ;
HINT               : H I N T ;
BEGIN              : B E G I N ;
TEST               : T E S T ;
INSERT             : I N S E R T ;
CONNECT            : C O N N E C T ;
EXPECT             : E X P E C T ;
NOTHING            : N O T H I N G ;
USE                : U S E ;
ASSUME             : A S S U M E ;

// ---- Names and literals ------------------------------------------------------------------------------------------
IDENTIFIER         : LETTER (LETTER | DIGIT | '$')* ;
QUOTED_NAME        : '"' (~'"' | '""')* '"' | '`' (~'`' | '``')* '`' ;
PARAMETER          : ':' LETTER (LETTER | DIGIT)* ;
PLACEHOLDER        : '$' DIGIT+ ;

STRING             : '\'' (~'\'' | '\'\'')* '\'' ;
ESCAPE_STRING      : E '\'' (~['\\] | '\'\'' | '\\' ANY_BYTE)* '\'' ;
BLOB               : X '\'' (~'\'')* '\'' ;
DOLLAR_STRING      : '$$' ANY_BYTE*? '$$' ;

INTEGER            : DIGIT+ | '0' X [0-9a-fA-F]+ ;
REAL               : (DIGIT+ '.' DIGIT* | '.' DIGIT+) EXPONENT? | DIGIT+ EXPONENT ;
MALFORMED_NUMBER   : (DIGIT+ ('.' DIGIT*)? | '.' DIGIT+) EXPONENT? LETTER (LETTER | DIGIT)* ;

// ---- Punctuation and operators -----------------------------------------------------------------------------------
LPAREN : '(' ;      RPAREN : ')' ;      LBRACKET : '[' ;    RBRACKET : ']' ;
COMMA : ',' ;       SEMICOLON : ';' ;   DOT : '.' ;         FAT_ARROW : '=>' ;
EQUAL : '=' | '==' ;
NOT_EQUAL : '<>' | '!=' ;
LESS : '<' ;        LESS_EQUAL : '<=' ; GREATER : '>' ;     GREATER_EQUAL : '>=' ;
PLUS : '+' ;        MINUS : '-' ;       STAR : '*' ;        SLASH : '/' ;       PERCENT : '%' ;
CONCAT : '||' ;     ARROW : '->' ;      LONG_ARROW : '->>' ;
AMPERSAND : '&' ;   BAR : '|' ;         SHIFT_LEFT : '<<' ; SHIFT_RIGHT : '>>' ; OVERLAPS : '&&' ;
TILDE : '~' ;       DOUBLE_TILDE : '~~' ; COLONS : '::' ;
// Operators that only PostgreSQL has: they occur in the policies and checks of dumps.
OTHER_OPERATOR
  : '~*' | '!~' | '!~*' | '~~*' | '!~~' | '!~~*' | '@>' | '<@' | '@@' | '@?' | '?' | '?|' | '?&' | '#>' | '#>>' | '#-'
  | '#' | '^' | '^@' | '<->' | '|/' | '@' | '-|-'
  ;

WHITE_SPACE : [ \t\r\n\f\u000B]+ -> skip ;
COMMENT : '--' ~'\n'* -> skip ;
BLOCK_COMMENT : '/*' ANY_BYTE*? '*/' -> skip ;
// So that the parser, and not the lexer, says what is wrong.
UNKNOWN_CHARACTER : ANY_BYTE ;

fragment ANY_BYTE : [\u0000-\u00FF] ;
fragment LETTER : [a-zA-Z_\u0080-\u00FF] ;
fragment DIGIT : [0-9] ;
fragment EXPONENT : E [+-]? DIGIT+ ;
fragment A : [aA] ;
fragment B : [bB] ;
fragment C : [cC] ;
fragment D : [dD] ;
fragment E : [eE] ;
fragment F : [fF] ;
fragment G : [gG] ;
fragment H : [hH] ;
fragment I : [iI] ;
fragment J : [jJ] ;
fragment K : [kK] ;
fragment L : [lL] ;
fragment M : [mM] ;
fragment N : [nN] ;
fragment O : [oO] ;
fragment P : [pP] ;
fragment Q : [qQ] ;
fragment R : [rR] ;
fragment S : [sS] ;
fragment T : [tT] ;
fragment U : [uU] ;
fragment V : [vV] ;
fragment W : [wW] ;
fragment X : [xX] ;
fragment Y : [yY] ;
fragment Z : [zZ] ;
